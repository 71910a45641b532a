// An app with a key of its own, in all its stacks: what is encrypted with it, and who may use it how.

import { provision } from "@essentially-once/local-cloud/internal/provision/provision";
import { aContract } from "@essentially-once/testing/internal/support/a-contract";
import { localEngines } from "@essentially-once/testing/local-engines";
import { aConfig, aTestApp, withoutHash } from "@essentially-once/testing/test-app";
import type { App } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import { FoundationStack } from "../../src/stacks/foundation-stack.ts";
import { OperationsStack } from "../../src/stacks/operations-stack.ts";
import { RelayStack } from "../../src/stacks/relay-stack.ts";
import { ServiceStack } from "../../src/stacks/service-stack.ts";

const keyArn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

describe("with a key of one's own", () => {
  const app = anApp({ encryptionKeyArn: keyArn, alarmEmail: "you@example.com" });
  const resources = resourcesOf(app);

  test("tables, queues, claim-check objects, signing keys and the topic of the alarms are encrypted with it", () => {
    const keys = resources.flatMap(({ id, Type, Properties }) => {
      const where = keyOf[Type];
      return where === undefined ? [] : [[`${Type}/${id}`, where(Properties)]];
    });
    expect(keys.map(([name]) => name)).toEqual([
      "AWS::DynamoDB::GlobalTable/OrderedOutbox",
      "AWS::DynamoDB::GlobalTable/Outbox",
      "AWS::DynamoDB::GlobalTable/Journal",
      "AWS::S3::Bucket/Claims",
      "AWS::SecretsManager::Secret/SigningKeysSecret",
      "AWS::DynamoDB::GlobalTable/Table",
      "AWS::DynamoDB::GlobalTable/Evidence",
      "AWS::SQS::Queue/PublishItemsFailureQueue",
      "AWS::SQS::Queue/ChargeQueueDeadLetters",
      "AWS::SQS::Queue/ChargeQueueMessages",
      "AWS::SQS::Queue/PublishFailureQueue",
      "AWS::SNS::Topic/Topic",
    ]);
    for (const [name, key] of keys) expect(key, String(name)).toBe(keyArn);
  });

  test("SQS asks for it once an hour and S3 once in a while, and not with each message", () => {
    const queues = resources.filter(({ Type }) => Type === "AWS::SQS::Queue");
    expect(queues.map(({ Properties }) => Properties.KmsDataKeyReusePeriodSeconds)).toEqual([
      3600, 3600, 3600, 3600,
    ]);
    expect(JSON.stringify(resources)).toContain('"BucketKeyEnabled":true');
  });

  test("a function may use it, and no other, through the services that it calls and no other way", () => {
    expect(keyUses(resources)).toEqual({
      SigningKeysRotateRole: ["secretsmanager"],
      PublishItemsFunctionRole: ["dynamodb", "s3", "secretsmanager", "sqs"],
      BuyRole: ["dynamodb"],
      ChargeFunctionRole: ["dynamodb", "s3", "secretsmanager", "sqs"],
      SumRole: ["dynamodb"],
      PublishFunctionRole: ["dynamodb", "s3", "secretsmanager", "sqs"],
      SweepFunctionRole: ["dynamodb", "s3", "secretsmanager", "sqs"],
    });
  });

  test("every stack is in the key's region", () => {
    const regions = app.synth().stacks.map(({ environment }) => environment.region);
    expect(new Set(regions)).toEqual(new Set(["eu-west-1"]));
  });
});

test("without one, no template mentions a key", () => {
  expect(JSON.stringify(resourcesOf(anApp())).toLowerCase()).not.toContain("kms");
});

describe("the local cloud", () => {
  const engines = localEngines();

  test("takes the stacks with a key as it takes those without", async () => {
    const { clients, endpoints } = engines;
    const deployed = await provision({
      assemblyDirectory: anApp({ encryptionKeyArn: keyArn }).synth().directory,
      clients,
      endpoints,
      functionUrlFor: (path) => `http://127.0.0.1/${path}/`,
    });
    expect(deployed.functions.map(({ path }) => path)).toContain("Shop/Charge/Function");
  });
});

function anApp(context: Record<string, string> = {}): App {
  const app = aTestApp(context);
  const config = aConfig(context);
  const foundation = new FoundationStack(app, "Foundation", { config });
  const shop = new ServiceStack(app, "Shop", { config, foundation, purpose: "sell", messagesInItems: true });
  shop.addEndpoint(aContract("buy", { publishes: ["sold"] }), { entry: "relay/rotate-keys.ts" });
  const charge = shop.addConsumer(aContract("charge", { accepts: ["sold"] }), {
    entry: "relay/rotate-keys.ts",
    fifo: true,
  });
  foundation.claims.allowPutting(charge.function);
  shop.addProjection(aContract("sum"), { entry: "relay/rotate-keys.ts" });
  const relay = new RelayStack(app, "Relay", { config, foundation, services: [shop] });
  new OperationsStack(app, "Operations", { config, watched: [foundation, shop, relay] });
  return app;
}

interface Resource {
  readonly id: string;
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is what it is
  readonly Properties: Record<string, any>;
}

function resourcesOf(app: App): Resource[] {
  return app
    .synth()
    .stacks.flatMap(({ template }) =>
      Object.entries(template.Resources as Record<string, Omit<Resource, "id">>).map(
        ([logicalId, { Type, Properties = {} }]) => ({ id: withoutHash(logicalId), Type, Properties }),
      ),
    );
}

const keyOf: Readonly<Record<string, (properties: Resource["Properties"]) => unknown>> = {
  "AWS::DynamoDB::GlobalTable": ({ Replicas }) => Replicas[0].SSESpecification?.KMSMasterKeyId,
  "AWS::S3::Bucket": ({ BucketEncryption }) =>
    BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.KMSMasterKeyID,
  "AWS::SecretsManager::Secret": ({ KmsKeyId }) => KmsKeyId,
  "AWS::SNS::Topic": ({ KmsMasterKeyId }) => KmsMasterKeyId,
  "AWS::SQS::Queue": ({ KmsMasterKeyId }) => KmsMasterKeyId,
};

/** Role → the services through which it may use the key. */
function keyUses(resources: readonly Resource[]): Record<string, string[]> {
  const policies = resources.filter(({ Type }) => Type === "AWS::IAM::Policy");
  const uses = policies.map(({ id, Properties }) => {
    const statements = Properties.PolicyDocument.Statement.filter(({ Action }: { Action: unknown }) =>
      JSON.stringify(Action).includes("kms:"),
    );
    for (const { Action, Resource } of statements) {
      expect([Action, Resource]).toEqual([["kms:Decrypt", "kms:GenerateDataKey"], keyArn]);
    }
    const services = statements.map(
      // biome-ignore lint/suspicious/noExplicitAny: a template is what it is
      ({ Condition }: any) => Condition.StringEquals["kms:ViaService"]["Fn::Join"][1].join("").split(".")[0],
    );
    return [id.replace(/DefaultPolicy$/, ""), services.sort()];
  });
  return Object.fromEntries(uses);
}
