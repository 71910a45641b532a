// The kit's app with one grant taken out of its templates: what nothing in the code shows, and what would fail on AWS
// in the first minute, is said here.

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { marshall } from "@aws-sdk/util-dynamodb";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { contentId, newId } from "@essentially-once/messaging/ids";
import { datarefOf, travelPrefix } from "@essentially-once/messaging/internal/envelope/claim-place";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { bundledAssemblyOf, kitApp } from "@essentially-once/testing/internal/support/assembly";
import { Approved, Asked, Taken } from "@essentially-once/testing/internal/support/kit/messages";
import { aRecorder } from "@essentially-once/testing/internal/support/local-function";
import { anOutboxRow } from "@essentially-once/testing/internal/support/outbox-rows";
import { temporaryDirectory } from "@essentially-once/testing/synthesized";
import { afterEach, describe, expect, test } from "vitest";
import { type LocalCloud, startLocalCloud } from "../../src/cloud.ts";

interface Resource {
  readonly Type: string;
  readonly Properties: { PolicyDocument?: { Statement: { Action: string | string[]; Resource: unknown }[] } };
}

let cloud: LocalCloud | undefined;
afterEach(() => cloud?.stop());

/** A copy of the kit's assembly, one template of which is changed. */
async function without(
  stack: string,
  change: (resources: Record<string, Resource>) => void,
): Promise<string> {
  const directory = join(temporaryDirectory("assembly"), "cdk.out");
  cpSync(await bundledAssemblyOf(kitApp), directory, { recursive: true });
  const file = join(directory, `${stack}.template.json`);
  const template = JSON.parse(readFileSync(file, "utf8"));
  const before = JSON.stringify(template);
  change(template.Resources);
  expect(JSON.stringify(template)).not.toBe(before); // the test takes something out
  writeFileSync(file, JSON.stringify(template));
  return directory;
}

/** One action on the resources whose reference says so. */
function grant(action: string, on: string) {
  return (resources: Record<string, Resource>) => {
    for (const { Properties } of Object.values(resources)) {
      for (const statement of Properties.PolicyDocument?.Statement ?? []) {
        if (!JSON.stringify(statement.Resource).includes(on)) continue;
        statement.Action = [statement.Action].flat().filter((granted) => granted !== action);
        if (statement.Action.length === 0) statement.Action = ["sqs:TagQueue"]; // a statement has to have one
      }
    }
  };
}

async function asking(assemblyDirectory: string) {
  const recorder = aRecorder();
  cloud = await startLocalCloud({ assemblyDirectory, onEvent: recorder.onEvent });
  const { status } = await fetch(cloud.output("AskUrl"), {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": "k-1" },
    body: JSON.stringify({ till: "till-1", amount: 1 }),
  });
  return { status, denials: recorder.of("denial") };
}

test("with all its grants a function does its work", async () => {
  const { status, denials } = await asking(await bundledAssemblyOf(kitApp));
  expect({ status, denials }).toEqual({ status: 201, denials: [] });
});

test("without one it is denied, and the line says who, what, on what, and how to grant it", async () => {
  const { status, denials } = await asking(
    await without("Entrance", grant("dynamodb:PutItem", "OrderedOutbox")),
  );
  expect(status).toBe(500);
  expect(denials[0]).toMatchObject({
    path: "Entrance/Ask",
    action: "dynamodb:PutItem",
    resource: "Foundation/OrderedOutbox",
  });
  expect(denials[0]?.line).toMatch(
    /^Entrance\/Ask may not dynamodb:PutItem on Foundation\/OrderedOutbox \(arn:.*\): no policy of Entrance\/AskRole allows it; allow it with table\.grant\(fn, "dynamodb:PutItem"\)$/,
  );
});

test("G3: the sweeper may send everything there is, and has no grant that it does not need for it", async () => {
  const recorder = aRecorder();
  const withoutStreams = await without("Relay", (resources) => {
    for (const [id, { Type }] of Object.entries(resources)) {
      if (Type === "AWS::Lambda::EventSourceMapping") delete resources[id];
    }
  });
  cloud = await startLocalCloud({ assemblyDirectory: withoutStreams, onEvent: recorder.onEvent });
  const { s3, dynamodb } = cloud.clients;
  const bucket = cloud.output("ClaimCheckBucket");
  const Body = JSON.stringify({ ask: "a-1" });
  const [there, gone] = [Body, "expired"].map((text) => contentId(Buffer.from(text))) as [string, string];
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${travelPrefix}${there}`, Body }));
  const claims = [there, gone].map((id) =>
    anEnvelope({
      source: "/ordered",
      type: Approved.type,
      data: undefined,
      dataref: datarefOf({ bucket, id }),
    }),
  );
  const messages = [
    anEnvelope({ ...Asked.from({ ask: "a-1", till: "t-1", amount: 1 }), source: "/ask" }),
    anEnvelope({ ...Taken.from({ ask: "a-1", amount: 1 }), source: "/standard" }),
    ...claims,
  ];
  const createdAt = new Date(Date.now() - 3_600_000).toISOString();
  const Item = marshall({ id: newId(), createdAt, messages: messages.map(asciiJson) });
  await dynamodb.send(new PutItemCommand({ TableName: cloud.output("OutboxTable"), Item }));
  const row = anOutboxRow({ createdAt, messages: messages.slice(1, 2) });
  await dynamodb.send(
    new PutItemCommand({ TableName: cloud.output("OrderedOutboxTable"), Item: marshall(row) }),
  );
  const { response } = await cloud.invoke("Relay/Sweep/Function", {});
  expect(response).toEqual({ rows: 2, sent: 2 });
  expect(recorder.of("denial")).toEqual([]);
  expect(cloud.unusedPermissions().filter((line) => line.startsWith("Relay/Sweep/"))).toEqual([]);
});

describe("what AWS would do in a role's name is refused before anything runs:", () => {
  const rulesPermission = (resources: Record<string, Resource>) => {
    for (const [id, { Type }] of Object.entries(resources))
      if (Type === "AWS::Lambda::Permission") delete resources[id];
  };
  test.each([
    [
      "Standard",
      grant("sqs:DeleteMessage", "Messages"),
      /Standard\/Standard\/Mapping: Lambda reads .* role Standard\/Standard\/FunctionRole needs sqs:DeleteMessage on arn:aws:sqs:/,
    ],
    [
      "Relay",
      grant("dynamodb:GetRecords", "StreamArn"),
      /Relay\/Publish\/OrderedMapping: Lambda reads .* needs dynamodb:GetRecords on arn:aws:dynamodb:.*\/stream\//,
    ],
    [
      "Relay",
      grant("sqs:SendMessage", "FailureQueue"),
      /Relay\/Publish\/OrderedMapping: .* needs sqs:SendMessage on arn:aws:sqs:.*FailureQueue/,
    ],
    [
      "Entrance",
      grant("logs:PutLogEvents", "Logs"),
      /Entrance\/Ask: Lambda writes the function's log, .* needs logs:PutLogEvents on arn:aws:logs:/,
    ],
    [
      "Relay",
      rulesPermission,
      /Relay\/Sweep\/Schedule: the rule invokes its target, for which .* needs a permission/,
    ],
    [
      "Foundation",
      rulesPermission,
      /Foundation\/SigningKeys\/Schedule: Secrets Manager invokes the rotation function/,
    ],
  ])("%s %#", async (stack, change, message) => {
    const assemblyDirectory = await without(stack, change);
    await expect(startLocalCloud({ assemblyDirectory })).rejects.toThrow(message);
  });
});
