import { aConfig, aTestApp, propertiesOf } from "@essentially-once/testing/test-app";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { FoundationStack } from "../../src/stacks/foundation-stack.ts";

const table = "AWS::DynamoDB::GlobalTable";

describe("the foundation", () => {
  const template = Template.fromStack(new FoundationStack(aTestApp(), "Foundation", { config: aConfig() }));

  const outboxes = ["OrderedOutbox", "Outbox"];

  test.each(outboxes)("G3: an unsent message never expires: %s", (outbox) => {
    expect(propertiesOf(template, table, outbox)).not.toHaveProperty("TimeToLiveSpecification");
  });

  test.each(outboxes)("the outbox shows what was inserted: %s", (outbox) => {
    expect(propertiesOf(template, table, outbox).StreamSpecification).toEqual({
      StreamViewType: "NEW_IMAGE",
    });
  });

  test("outputs the names of what it holds", () => {
    expect(Object.keys(template.findOutputs("*")).sort()).toEqual([
      "ClaimCheckBucket",
      "JournalTable",
      "OrderedOutboxTable",
      "OutboxTable",
      "SigningSecretArn",
    ]);
  });

  test("keeps its tables in prod", () => {
    const config = aConfig({ stage: "prod" });
    const prod = Template.fromStack(new FoundationStack(aTestApp(), "Foundation", { config }));
    prod.allResources(table, { DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
  });
});
