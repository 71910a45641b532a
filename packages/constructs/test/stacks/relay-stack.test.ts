import { aContract } from "@essentially-once/testing/internal/support/a-contract";
import { aConfig, aTestApp, propertiesOf } from "@essentially-once/testing/test-app";
import { Template } from "aws-cdk-lib/assertions";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, test } from "vitest";
import type { Wiring } from "../../src/constructs/routes.ts";
import { FoundationStack } from "../../src/stacks/foundation-stack.ts";
import { RelayStack } from "../../src/stacks/relay-stack.ts";

function aRelay(accepted: string): RelayStack {
  const app = aTestApp();
  const config = aConfig();
  const foundation = new FoundationStack(app, "Foundation", { config });
  const queue = Queue.fromQueueArn(foundation, "Billing", "arn:aws:sqs:eu-west-1:123456789012:billing");
  const charge = aContract("charge", { accepts: [accepted] });
  const service: Wiring = {
    contracts: [aContract("sell", { publishes: ["sold"] }), charge],
    subscriptions: [{ contract: charge, queue }],
  };
  return new RelayStack(app, "Relay", { config, foundation, services: [service] });
}

describe("the relay", () => {
  const template = Template.fromStack(aRelay("sold"));

  test("G3: publisher and sweeper send along the same routes, from the same outbox", () => {
    const [publish, sweep] = ["Publish", "Sweep"].map((id) => {
      const { Environment: environment } = propertiesOf(template, "AWS::Lambda::Function", id);
      return environment as { Variables: Record<string, unknown> };
    });
    expect(publish?.Variables.ROUTES).toBeDefined();
    expect(publish?.Variables.ROUTES).toEqual(sweep?.Variables.ROUTES);
    expect(publish?.Variables.ORDERED_OUTBOX_TABLE).toEqual(sweep?.Variables.ORDERED_OUTBOX_TABLE);
    expect(publish?.Variables.OUTBOX_TABLE).toEqual(sweep?.Variables.OUTBOX_TABLE);
  });

  test("refuses wrong routes", () => {
    expect(() => aRelay("sodl")).toThrow("charge accepts sodl, which nothing publishes");
  });
});
