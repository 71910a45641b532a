import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";
import { localEngines } from "@essentially-once/testing/local-engines";
import type { SQSRecord } from "aws-lambda";
import { expect, it } from "vitest";
import { nowSeconds } from "../src/core/clock.ts";
import { bodyId } from "../src/envelope/message-group.ts";
import { holdId, holds } from "../src/receive/holds.ts";
import { keyOrder } from "../src/receive/key-order.ts";

const engines = localEngines();
const queueName = "held.fifo";

it("G11: a line of a thousand takes no more; what is in it keeps its place", async () => {
  const { order, record } = await aLineOf(1_000);
  await expect(order.admit(record("behind it"))).rejects.toMatchObject({
    code: "HOLD_FULL",
    retryAfterSeconds: 300,
    waited: true,
  });
  await expect(order.admit(record("body 999"))).rejects.toMatchObject({ code: "HELD" });
  await expect(order.admit(record("body 0"))).resolves.toBeUndefined();
});

it("G4: a line that is not full takes one more", async () => {
  const { order, record } = await aLineOf(999);
  await expect(order.admit(record("behind it"))).rejects.toMatchObject({
    code: "HELD",
    detail: "behind a parked message of group g",
  });
});

it("G4: a message that is parked joins its line, one that is done leaves it, and any other changes nothing", async () => {
  const { order, record } = await aLineOf(1);
  await order.lift(record("behind it"));
  await order.hold(record("behind it"));
  await expect(order.admit(record("body 999"))).rejects.toMatchObject({ code: "HELD" });
  await order.lift(record("body 0"));
  await order.admit(record("behind it"));
  await expect(order.admit(record("body 999"))).rejects.toMatchObject({ code: "HELD" });
  await order.admit(record("body 0")); // which left, and comes once more
  await order.lift(record("behind it"));
  await order.admit(record("body 999"));
});

async function aLineOf(length: number) {
  const client = new DynamoDBClient({
    endpoint: engines.endpoints.dynamodb,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
  });
  const { tableName: table } = await engines.aStreamedTable();
  const line = Array.from({ length }, (_, n) => bodyId(`body ${n}`));
  const Item = marshall({ id: holdId(queueName, "g"), line, parkedAt: line.map(nowSeconds) });
  await client.send(new PutItemCommand({ TableName: table, Item }));
  const attributes = { MessageGroupId: "g" };
  const record = (body: string) => ({ body, attributes, messageAttributes: {} }) as unknown as SQSRecord;
  const records = ["behind it", "body 999", "body 0"].map(record);
  return { order: keyOrder({ holds: holds({ table, queueName, client: () => client }), records }), record };
}
