import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { FoundationStack } from "../../lib/foundation-stack.ts";
import { aConfig, aTestApp, propertiesOf } from "../support/test-app.ts";

const table = "AWS::DynamoDB::GlobalTable";

describe("the foundation", () => {
  const template = Template.fromStack(new FoundationStack(aTestApp(), "Foundation", { config: aConfig() }));

  test("G3: an unsent message never expires", () => {
    expect(propertiesOf(template, table, "Outbox")).not.toHaveProperty("TimeToLiveSpecification");
  });

  test("the outbox shows what was inserted", () => {
    expect(propertiesOf(template, table, "Outbox").StreamSpecification).toEqual({
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
