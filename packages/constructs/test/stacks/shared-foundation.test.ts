// A second app on the foundation of the first: it finds all it stands on by names, and the rules hold for it by itself.

import { provision } from "@essentially-once/local-cloud/internal/provision/provision";
import { aContract, aType } from "@essentially-once/testing/internal/support/a-contract";
import { localEngines } from "@essentially-once/testing/local-engines";
import { grantsOf } from "@essentially-once/testing/policies";
import { aConfig, aTestApp } from "@essentially-once/testing/test-app";
import { Validations } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { WiringRules } from "../../src/rules/wiring-rules.ts";
import { FoundationStack } from "../../src/stacks/foundation-stack.ts";
import { OperationsStack } from "../../src/stacks/operations-stack.ts";
import { RelayStack } from "../../src/stacks/relay-stack.ts";
import { ServiceStack } from "../../src/stacks/service-stack.ts";
import { type Foundation, SharedFoundation } from "../../src/stacks/shared-foundation.ts";

const config = aConfig();
const engines = localEngines();

function billing(app: ReturnType<typeof aTestApp>, foundation: Foundation): ServiceStack {
  const stack = new ServiceStack(app, "Billing", {
    config,
    foundation,
    purpose: "charge",
    messagesInItems: true,
  });
  const charge = stack.addConsumer(aContract("charge", { accepts: ["sold"], publishes: ["charged"] }), {
    entry: "relay/rotate-keys.ts",
    fifo: true,
  });
  foundation.claims.allowReading(charge.function);
  stack.addProjection(aContract("sum"), { entry: "relay/rotate-keys.ts" });
  stack.expectFromElsewhere(aType("sold"));
  stack.acceptedElsewhere(aType("charged"));
  return stack;
}

describe("an app without a foundation of its own", () => {
  test("keeps the rules, and those of cdk-nag", () => {
    const app = aTestApp();
    Validations.of(app).addPlugins(new WiringRules(), new AwsSolutionsChecks(app));
    const stack = billing(app, new SharedFoundation(config));
    new OperationsStack(app, "BillingOperations", { config, watched: [stack] });
    app.synth();
  });

  test("imports nothing, and looks up its names", () => {
    const template = Template.fromStack(billing(aTestApp(), new SharedFoundation(config)));
    const text = JSON.stringify(template.toJSON());
    expect(text).not.toContain("Fn::ImportValue");
    expect(new Set(text.match(/[\w/-]+\/foundation\/[\w-]+/g))).toEqual(
      new Set(
        ["outbox-table", "journal-table", "claims-bucket", "signing-secret"].map(
          (part) => `/essentially-once/dev/foundation/${part}`,
        ),
      ),
    );
  });

  test("G7: its functions may put rows of their own names only into the outbox of the other app", () => {
    const template = Template.fromStack(billing(aTestApp(), new SharedFoundation(config)));
    template.hasResourceProperties("AWS::IAM::Policy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: "dynamodb:PutItem",
            Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["charge#*"] } },
          }),
        ]),
      },
    });
    const outbox = "dynamodb:table/{{resolve:ssm:/essentially-once/dev/foundation/outbox-table}}";
    expect(grantsOf(template, "ChargeFunctionRole")[outbox]).toEqual(["dynamodb:PutItem"]);
  });
});

test("what it looks up is the foundation that the other app has deployed", async () => {
  const app = aTestApp();
  const foundation = new FoundationStack(app, "Foundation", { config });
  const selling = new ServiceStack(app, "Shop", { config, foundation, purpose: "sell" });
  selling.addEndpoint(aContract("sell", { publishes: ["sold"] }), { entry: "relay/rotate-keys.ts" });
  selling.acceptedElsewhere(aType("sold"));
  new RelayStack(app, "Relay", { config, foundation, services: [selling] });
  billing(app, new SharedFoundation(config));
  const { clients, endpoints } = engines;
  const { functions } = await provision({
    assemblyDirectory: app.synth().directory,
    clients,
    endpoints,
    functionUrlFor: (path) => `http://127.0.0.1/${path}/`,
  });
  const environmentOf = (path: string) => functions.find((each) => each.path.startsWith(path))?.environment;
  const [sells, charges] = [environmentOf("Shop/Sell"), environmentOf("Billing/Charge")];
  expect(charges?.ORDERED_OUTBOX_TABLE).toBe(sells?.ORDERED_OUTBOX_TABLE);
  expect(charges?.SIGNING_SECRET_ARN).toBe(environmentOf("Relay/Publish")?.SIGNING_SECRET_ARN);
  expect(charges?.CLAIM_CHECK_BUCKET).toBe(environmentOf("Relay/Publish")?.CLAIM_CHECK_BUCKET);
  expect(environmentOf("Billing/Sum")?.JOURNAL_TABLE).toBe(environmentOf("Relay/Publish")?.JOURNAL_TABLE);
});
