// Checks the synthesized templates for wiring mistakes: a plugin of the CDK that runs at every `cdk synth`. A finding fails
// the synthesis, unless it is acknowledged with a reason, as a finding of cdk-nag is:
//
//   Validations.of(queue).acknowledge({ id: "Wiring::visibility-timeout", reason: "..." });
import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
  PolicyViolation,
} from "aws-cdk-lib";
import { alarmRules } from "./alarm-rules.ts";
import { bundleRules } from "./bundle-rules.ts";
import { contractRules } from "./contract-rules.ts";
import { environmentRules } from "./environment-rules.ts";
import { evidenceRules } from "./evidence-rules.ts";
import { fifoRules } from "./fifo-rules.ts";
import { failOnFindings } from "./findings-fail.ts";
import { grantRules } from "./grant-rules.ts";
import { keyRules } from "./key-rules.ts";
import { limitRules } from "./limit-rules.ts";
import { mappingRules } from "./mapping-rules.ts";
import { outboxRules } from "./outbox-rules.ts";
import { permissionRules } from "./permission-rules.ts";
import { propertyRules } from "./properties/all.ts";
import { protectionRules } from "./protection-rules.ts";
import { queueRules } from "./queue-rules.ts";
import { registryRules } from "./registry-rules.ts";
import { relayRules } from "./relay-rules.ts";
import { retentionRules } from "./retention-rules.ts";
import type { Finding, Rule } from "./rule.ts";
import { scheduleRules } from "./schedule-rules.ts";
import { senderRules } from "./sender-rules.ts";
import { sourceRules } from "./source-rules.ts";
import { streamRules } from "./stream-rules.ts";
import { Templates } from "./templates.ts";
import { waitRules } from "./wait-rules.ts";

/** Who is wired to whom, and how. */
export const flowRules: readonly Rule[] = [
  ...contractRules,
  ...queueRules,
  ...mappingRules,
  ...fifoRules,
  ...streamRules,
  ...scheduleRules,
  ...sourceRules,
  ...outboxRules,
  ...evidenceRules,
  ...waitRules,
  ...limitRules,
  ...permissionRules,
  ...protectionRules,
  ...keyRules,
  ...environmentRules,
  ...bundleRules,
  ...alarmRules,
];

/** With what every function is told and may do, and every property of what the templates use. */
export const allRules: readonly Rule[] = [
  ...flowRules,
  ...relayRules,
  ...registryRules,
  ...grantRules,
  ...senderRules,
  ...retentionRules,
  ...propertyRules,
];

/** `Validations.of(app).addPlugins(new WiringRules())` */
export class WiringRules implements IPolicyValidationPlugin {
  readonly name = "Wiring";
  readonly ruleIds: string[];
  readonly #rules: readonly Rule[];

  constructor(rules: readonly Rule[] = allRules) {
    this.#rules = rules;
    this.ruleIds = rules.map(({ id }) => id);
  }

  validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    failOnFindings();
    const templates = new Templates(context);
    const violations = this.#rules.flatMap((rule) =>
      rule.check(templates).map((finding) => violationOf(rule, finding, templates)),
    );
    return { success: violations.length === 0, violations };
  }
}

function violationOf(
  { id, demand }: Rule,
  { resource, property, value, remedy, id: ownId }: Finding,
  templates: Templates,
): PolicyViolation {
  return {
    ruleName: ownId ?? id,
    description: `${property} is ${templates.say(value)}: ${demand}`,
    fix: remedy,
    severity: "error",
    violatingResources: [
      {
        resourceLogicalId: resource.logicalId,
        templatePath: resource.templatePath,
        locations: [`Properties.${property}`],
      },
    ],
  };
}
