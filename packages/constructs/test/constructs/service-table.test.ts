import { aTestApp, propertiesOf, resourceOf, templateOf } from "@essentially-once/testing/test-app";
import { Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { AttributeType, StreamViewType } from "aws-cdk-lib/aws-dynamodb";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { describe, expect, test } from "vitest";
import { ServiceTable, type ServiceTableOptions } from "../../src/constructs/service-table.ts";

const type = "AWS::DynamoDB::GlobalTable";

function template(options: Partial<ServiceTableOptions> = {}) {
  return templateOf((stack) => new ServiceTable(stack, "Table", { keepsData: false, ...options }));
}

describe("a service table", () => {
  const table = propertiesOf(template(), type);

  test("has the string key id and no other", () => {
    expect(table.KeySchema).toEqual([{ AttributeName: "id", KeyType: "HASH" }]);
    expect(table.AttributeDefinitions).toEqual([{ AttributeName: "id", AttributeType: "S" }]);
  });

  test("is paid by request", () => {
    expect(table.BillingMode).toBe("PAY_PER_REQUEST");
  });

  test("has no stream, no time to live and no physical name unless asked", () => {
    expect(table).not.toHaveProperty("StreamSpecification");
    expect(table).not.toHaveProperty("TimeToLiveSpecification");
    expect(table).not.toHaveProperty("TableName");
  });

  test("takes a stream and a time to live", () => {
    const options = { stream: StreamViewType.NEW_IMAGE, timeToLiveAttribute: "expiresAt" };
    expect(propertiesOf(template(options), type)).toMatchObject({
      StreamSpecification: { StreamViewType: "NEW_IMAGE" },
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
    });
  });

  test("takes a sort key and indexes, by which alone it may be queried", () => {
    const customer = { name: "customer", type: AttributeType.STRING };
    const built = templateOf((stack) => {
      const indexes = [{ indexName: "byCustomer", partitionKey: customer }];
      const table = new ServiceTable(stack, "Table", { keepsData: false, sortKey: customer, indexes });
      const role = new Role(stack, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
      table.grant(role, "dynamodb:GetItem");
      table.grantQuery(role);
    });
    expect(propertiesOf(built, type).GlobalSecondaryIndexes).toMatchObject([{ IndexName: "byCustomer" }]);
    const { Statement } = propertiesOf(built, "AWS::IAM::Policy").PolicyDocument as {
      Statement: { Action: string; Resource: unknown }[];
    };
    const arn = { "Fn::GetAtt": [expect.stringMatching(/^Table/), "Arn"] };
    expect(Statement.map(({ Action, Resource }) => ({ Action, Resource }))).toEqual([
      { Action: ["dynamodb:GetItem", "dynamodb:Query"], Resource: arn },
      { Action: "dynamodb:Query", Resource: { "Fn::Join": ["", [arn, "/index/byCustomer"]] } },
    ]);
  });

  test("is encrypted with DynamoDB's own key unless a customer brings one", () => {
    expect(table.SSESpecification).toEqual({ SSEEnabled: false });
    const stack = new Stack(aTestApp(), "Test", { env: { region: "eu-west-1" } }); // CDK needs to know it, for a key
    const encryptionKeyArn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";
    new ServiceTable(stack, "Table", { keepsData: false, encryptionKeyArn });
    expect(propertiesOf(Template.fromStack(stack), type)).toMatchObject({
      SSESpecification: { SSEEnabled: true, SSEType: "KMS" },
      Replicas: [{ SSESpecification: { KMSMasterKeyId: encryptionKeyArn } }],
    });
  });

  test.each([
    { keepsData: true, policy: "Retain" },
    { keepsData: false, policy: "Delete" },
  ])("outlives its stack and can be restored: $keepsData", ({ keepsData, policy }) => {
    const built = resourceOf(template({ keepsData }), type);
    expect(built.DeletionPolicy).toBe(policy);
    expect(built.Properties.Replicas).toEqual([
      expect.objectContaining({
        DeletionProtectionEnabled: keepsData,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: keepsData },
      }),
    ]);
  });
});
