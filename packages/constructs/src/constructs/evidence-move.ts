// Moves a deployment from one evidence table in the foundation to one table for each service, in three deployments. Between
// the first and the second, `npm run deploy -- --move-evidence` copies the items.
//
//   pause   the tables of the services exist; their functions still use the former one, and none of them may run
//   switch  the functions use their own tables, and still none may run; no stack imports the former table any more
//   (none)  the functions run; the former table is no longer in the foundation's template, and `prod` retains it
//
//   G2. No function processes a message between the first item that is copied and the last function that is switched.
//   CloudFormation protects imported resources: it refuses a foundation without the former table while a service uses it.
//   docs/adr/0031-evidence-of-its-own-service.md

import type { Contract } from "@essentially-once/messaging/contract";
import { Aspects, CfnOutput, Lazy, type Stack, Validations } from "aws-cdk-lib";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import type { IConstruct } from "constructs";
import type { Config } from "../config/config.ts";
import { NodeFunction } from "./node-function.ts";
import { ServiceTable } from "./service-table.ts";

const reason = "Evidence is being moved by npm run deploy -- --move-evidence.";

/** The table of releases whose services shared one, under the names by which their stacks import it. Nothing else looks at it. */
export class FormerEvidence extends ServiceTable {
  constructor(scope: Stack, { sizes, moveEvidence }: Config) {
    super(scope, "Evidence", { ...sizes, timeToLiveAttribute: "expiresAt" });
    for (const imported of [this.tableName, this.tableArn]) scope.exportValue(imported); // until no stack imports it
    if (moveEvidence === "switch") acknowledge(this, "table-time-to-live-specification");
    new CfnOutput(scope, "FormerEvidence", { value: this.tableName });
    new CfnOutput(scope, "EvidencePhase", { value: moveEvidence ?? "pause" });
  }
}

/** The service's functions do not run until the evidence is where they look for it. Says what `--move-evidence` must know. */
export function pauseForMove(
  service: Stack,
  { evidence, contracts }: { readonly evidence: ServiceTable; readonly contracts: readonly Contract[] },
): void {
  acknowledge(evidence, "table-time-to-live-specification"); // until the switch no function names it
  Aspects.of(service).add({ visit: stop });
  const value = Lazy.string({
    produce: () =>
      JSON.stringify({
        names: contracts.map(({ name }) => name),
        timeoutSeconds: Math.max(0, ...functionsOf(service).map((each) => each.timeout?.toSeconds() ?? 0)),
      }),
  });
  new CfnOutput(service, `${service.node.id}EvidenceMove`, { value });
}

function stop(each: IConstruct): void {
  const stopped = hasEvidence(each) ? each.node.defaultChild : undefined;
  if (!(stopped instanceof CfnFunction)) return;
  stopped.reservedConcurrentExecutions = 0; // SQS keeps the messages, callers of a URL get 429
  acknowledge(each, "function-reserved-concurrent-executions", "reserved-concurrency", "evidence-own");
}

function functionsOf(service: Stack): NodeFunction[] {
  return service.node.findAll().filter(hasEvidence);
}

/** A publisher of the service has none, and goes on. */
function hasEvidence(each: IConstruct): each is NodeFunction {
  return each instanceof NodeFunction && each.contract !== undefined;
}

function acknowledge(each: IConstruct, ...rules: readonly string[]): void {
  for (const rule of rules) Validations.of(each).acknowledge({ id: `Wiring::${rule}`, reason });
}
