// Functions with and without permissions on the running cloud: the SDK throws the error that it would throw on AWS, and an
// event names the function and the missing permission.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { aRecorder } from "@essentially-once/testing/internal/support/local-function";
import { aFunction, oneStack, temporaryDirectory } from "@essentially-once/testing/synthesized";
import { CfnOutput, Duration, type Stack } from "aws-cdk-lib";
import { AttributeType, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Code } from "aws-cdk-lib/aws-lambda";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalCloud, startLocalCloud } from "../../src/cloud.ts";

/** Sends the command that its event names, with ordinary clients, and answers with what the SDK made of it. */
const HANDLER = `
import { createRequire } from "node:module";
const require = createRequire(${JSON.stringify(join(process.cwd(), "package.json"))});
export const handler = async ({ client, command, input }) => {
  if (!command) return process.env;
  const sdk = require("@aws-sdk/client-" + client);
  const Client = Object.entries(sdk).find(([name]) => /^[A-Za-z0-9]+Client$/.test(name) && name !== "__Client")[1];
  const named = JSON.parse(JSON.stringify(input).replace(/\\$([A-Z_]+)/g, (_, name) => process.env[name]));
  try {
    await new Client({ forcePathStyle: true }).send(new sdk[command](named));
    return "allowed";
  } catch (error) {
    return { name: error.name, message: error.message, status: error.$metadata?.httpStatusCode };
  }
};`;

const recorder = aRecorder();
let cloud: LocalCloud;

beforeAll(async () => {
  const assemblyDirectory = oneStack(anApp);
  cloud = await startLocalCloud({ assemblyDirectory, onEvent: recorder.onEvent });
  const Bucket = cloud.output("BucketName");
  await cloud.clients.s3.send(new PutObjectCommand({ Bucket, Key: "open/here", Body: "x" }));
});
afterAll(() => cloud.stop());

/** `May` has a grant for each service, `MayNot` the same environment and no grant, `Lister` may also list the bucket. */
function anApp(stack: Stack): void {
  const table = new TableV2(stack, "Table", { partitionKey: { name: "id", type: AttributeType.STRING } });
  const queue = new Queue(stack, "Queue");
  const bucket = new Bucket(stack, "Bucket");
  const secret = new Secret(stack, "Secret");
  const directory = temporaryDirectory("bundle");
  writeFileSync(join(directory, "index.mjs"), HANDLER);
  const environment = {
    TABLE: table.tableName,
    QUEUE: queue.queueUrl,
    BUCKET: bucket.bucketName,
    SECRET: secret.secretArn,
  };
  const [may, , lister] = ["May", "MayNot", "Lister"].map((id) =>
    aFunction(stack, id, { environment, code: Code.fromAsset(directory), timeout: Duration.seconds(20) }),
  );
  if (!may || !lister) throw new Error("three were made");
  table.grant(may, "dynamodb:GetItem", "dynamodb:PutItem");
  queue.grant(may, "sqs:SendMessage");
  secret.grantRead(may);
  const reading = new PolicyStatement({
    actions: ["s3:GetObject"],
    resources: [bucket.arnForObjects("open/*")],
  });
  may.addToRolePolicy(reading);
  lister.addToRolePolicy(reading);
  lister.addToRolePolicy(new PolicyStatement({ actions: ["s3:ListBucket"], resources: [bucket.bucketArn] }));
  lister.addToRolePolicy(new PolicyStatement({ actions: ["sqs:*"], resources: ["*"] }));
  lister.addToRolePolicy(
    new PolicyStatement({
      sid: "NoSends",
      effect: Effect.DENY,
      actions: ["sqs:Send*"],
      resources: [queue.queueArn],
    }),
  );
  new CfnOutput(stack, "BucketName", { value: bucket.bucketName });
}

async function asked(path: string, client: string, command: string, input: object): Promise<unknown> {
  return (await cloud.invoke(path, { client, command, input })).response;
}

const reads = { TableName: "$TABLE", Key: { id: { S: "1" } } };
const sends = { QueueUrl: "$QUEUE", MessageBody: "{}" };
const sendsTwo = { QueueUrl: "$QUEUE", Entries: [{ Id: "1", MessageBody: "{}" }] };
const asksForSecret = { SecretId: "$SECRET" };
const fetches = { Bucket: "$BUCKET", Key: "open/here" };

test.each([
  ["dynamodb", "GetItemCommand", reads, "AccessDeniedException", 400, "dynamodb:GetItem", "Shop/Table"],
  ["sqs", "SendMessageCommand", sends, "AccessDenied", 403, "sqs:SendMessage", "Shop/Queue"],
  ["sqs", "SendMessageBatchCommand", sendsTwo, "AccessDenied", 403, "sqs:SendMessage", "Shop/Queue"],
  [
    "secrets-manager",
    "GetSecretValueCommand",
    asksForSecret,
    "AccessDeniedException",
    400,
    "secretsmanager:GetSecretValue",
    "Shop/Secret",
  ],
  ["s3", "GetObjectCommand", fetches, "AccessDenied", 403, "s3:GetObject", "Shop/Bucket/open/here"],
])(
  "%s %s: who has the grant may, who has not meets AWS's error",
  async (client, command, input, name, status, action, resource) => {
    expect(await asked("Shop/May", client, command, input)).toBe("allowed");
    const before = recorder.of("denial").length;
    expect(await asked("Shop/MayNot", client, command, input)).toEqual({
      name: typeof name === "string" ? name : expect.stringMatching(name),
      status,
      message: expect.stringMatching(
        new RegExp(
          `^User: arn:aws:sts::000000000000:assumed-role/Shop-test-MayNotServiceRole.*/Shop-test-MayNot.* is not authorized ` +
            `to perform: ${action} on resource: arn:aws:.* because no identity-based policy allows the ${action} action$`,
          "i",
        ),
      ),
    });
    const [denial, ...others] = recorder.of("denial").slice(before);
    expect(others).toEqual([]); // the SDK does not try again
    expect(denial).toMatchObject({ path: "Shop/MayNot", action, resource });
    expect(denial?.line).toContain(`Shop/MayNot may not ${action} on ${resource} (arn:aws:`);
    expect(denial?.line).toContain(`no policy of Shop/MayNot/ServiceRole allows it; allow it with `);
  },
);

test("the remedy is a line of code", () => {
  const remedies = recorder.of("denial").map(({ line }) => line.replace(/^.* allow it with /, ""));
  expect(remedies).toContain('table.grant(fn, "dynamodb:GetItem")');
  expect(remedies).toContain('queue.grant(fn, "sqs:SendMessage")');
  expect(remedies).toContain(
    'fn.addToRolePolicy(new PolicyStatement({ actions: ["s3:GetObject"], resources: [bucket.arnForObjects("…")] }))',
  );
});

test("in a transaction each part needs its own permission", async () => {
  const Put = { TableName: "$TABLE", Item: { id: { S: "2" } } };
  const commit = (...TransactItems: object[]) =>
    asked("Shop/May", "dynamodb", "TransactWriteItemsCommand", { TransactItems });
  expect(await commit({ Put })).toBe("allowed");
  const Delete = { TableName: "$TABLE", Key: { id: { S: "3" } } };
  expect(await commit({ Put }, { Delete })).toMatchObject({
    name: "AccessDeniedException",
    message: expect.stringContaining("dynamodb:DeleteItem"),
  });
});

test("a Deny wins over an Allow, and is named by its Sid", async () => {
  expect(await asked("Shop/Lister", "sqs", "GetQueueAttributesCommand", { QueueUrl: "$QUEUE" })).toBe(
    "allowed",
  );
  expect(await asked("Shop/Lister", "sqs", "SendMessageCommand", sends)).toMatchObject({
    message: expect.stringContaining("with an explicit deny in an identity-based policy"),
  });
  expect(recorder.of("denial").at(-1)?.line).toContain(
    "statement NoSends of Shop/Lister/ServiceRole denies it",
  );
});

test("a missing object is AccessDenied for a role that may not list its bucket", async () => {
  const fetchesNothing = { Bucket: "$BUCKET", Key: "open/gone" };
  expect(await asked("Shop/Lister", "s3", "GetObjectCommand", fetchesNothing)).toMatchObject({
    name: "NoSuchKey",
    status: 404,
  });
  expect(await asked("Shop/May", "s3", "GetObjectCommand", fetchesNothing)).toMatchObject({
    name: "AccessDenied",
    status: 403,
  });
  expect(recorder.of("denial").at(-1)).toMatchObject({ action: "s3:ListBucket", resource: "Shop/Bucket" });
});

test("what is not known is denied and named", async () => {
  expect(await asked("Shop/May", "dynamodb", "ListTablesCommand", {})).toMatchObject({
    name: "AccessDeniedException",
    message: expect.stringContaining("DynamoDB ListTables are not supported here; supported are GetItem"),
  });
  expect(recorder.of("denial").at(-1)?.line).toContain("Shop/May: the permissions of DynamoDB ListTables");
});

test("PartiQL needs the permission of each statement", async () => {
  const Statements = [{ Statement: `INSERT INTO "$TABLE" VALUE {'id': ?}`, Parameters: [{ S: "1" }] }];
  expect(await asked("Shop/May", "dynamodb", "BatchExecuteStatementCommand", { Statements })).toMatchObject({
    name: "AccessDeniedException",
    message: expect.stringContaining("dynamodb:PartiQLInsert"),
  });
});

test("a request that no function signed is denied", async () => {
  const { response } = await cloud.invoke("Shop/May", {});
  const { AWS_ENDPOINT_URL_SQS: endpoint = "", AWS_ACCESS_KEY_ID } = response as Record<string, string>;
  expect(AWS_ACCESS_KEY_ID).toMatch(/^AKIA[A-Z2-7]{16}$/);
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { "x-amz-target": "AmazonSQS.ListQueues" },
  });
  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain("no function of this app has the access key");
});

test("permissions that no function used are listed, and those that AWS uses for the function are not", () => {
  const unused = cloud.unusedPermissions();
  expect(unused).toContain("Shop/May/ServiceRole: secretsmanager:DescribeSecret on Shop/Secret");
  expect(unused.join("\n")).not.toMatch(/dynamodb:GetItem|sqs:SendMessage|logs:PutLogEvents/);
});
