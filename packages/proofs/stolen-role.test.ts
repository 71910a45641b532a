// The sample's own roles in the hands of a thief, against the permissions that the local cloud evaluates, and the rows that
// one of them could put, as the relay finds them.
import { marshall } from "@aws-sdk/util-dynamodb";
import { accessKeyIdOf } from "@essentially-once/local-cloud/internal/permissions/access-key";
import { type Guard, startGuard } from "@essentially-once/local-cloud/internal/permissions/guard";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { evidenceId, newId } from "@essentially-once/messaging/ids";
import { orderingKeyOf } from "@essentially-once/messaging/internal/commit/outbox";
import { digestOf } from "@essentially-once/messaging/internal/envelope/digest";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { keysIn, signed } from "@essentially-once/testing/signing";
import { aWorld, type World } from "@essentially-once/testing/world";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OrderPlaced } from "../../functions/orders/messages.ts";

let world: World;
let guard: Guard;

beforeAll(async () => {
  world = await aWorld({ app: "bin/app.ts" });
  guard = startGuard(world.deployment, () => undefined);
});
afterAll(() => world.stop());

describe("G7: a thief of", () => {
  const orderPlaced = "place-order#0123";

  it.each([
    [
      "count-order-views puts no row into the outbox in another's name",
      orderPlaced,
      "Insights/CountOrderViews",
    ],
    [
      "count-order-views puts no row into the outbox at all",
      "count-order-views#0123",
      "Insights/CountOrderViews",
    ],
    ["build-statement puts no row into the outbox at all", "build-statement#0123", "Insights/BuildStatement"],
    ["ship-order puts no row in the name of place-order", orderPlaced, "Shipping/ShipOrder"],
  ])("%s", (_, id, thief) => {
    const item = { id, place: "1" };
    expect(mayPut(thief, "OrderedOutboxTable", item)).toBe(false);
    expect(mayPut(thief, "OrderedOutboxTable", item, "in a transaction")).toBe(false);
  });

  it.each(["Insights/CountOrderViews", "Shipping/ShipOrder", "Orders/PlaceOrder"])(
    "%s puts no row into the former outbox, whose rows name no writer",
    (thief) => {
      expect(mayPut(thief, "OutboxTable", { id: newId() })).toBe(false);
    },
  );

  it("ship-order puts rows in its own name, as its handler does", () => {
    expect(mayPut("Shipping/ShipOrder", "OrderedOutboxTable", { id: "ship-order#0123", place: "1" })).toBe(
      true,
    );
  });

  it.each(["Shipping/ShipOrder", "Insights/CountOrderViews", "Orders/PlaceOrder"])(
    "%s sends to nobody else's queue",
    (thief) => {
      for (const key of ["ReserveCreditQueueUrl", "SettleOrderQueueUrl", "ReserveCreditDeadLetterQueueUrl"]) {
        const sent = { QueueUrl: world.output(key), MessageBody: "{}", MessageGroupId: "held" };
        expect(may(thief, "sqs", "AmazonSQS.SendMessage", sent), key).toBe(false);
      }
    },
  );
});

it.each([
  [
    "ship-order's that speaks for place-order is neither signed, kept nor sent, and stays",
    "ship-order",
    false,
  ],
  ["place-order's own is signed, kept and sent", "place-order", true],
])("G7: a row of %s", async (_, writer, isSent) => {
  world.enter("Relay/Publish");
  const { handler: publish } = await import("@essentially-once/messaging/relay/publish");
  const message = anEnvelope({ source: "/place-order", type: OrderPlaced.type });
  const [, hash] = orderingKeyOf(message).split("#");
  const row = {
    id: `${writer}#${hash}`,
    place: "0000000000000001#a",
    createdAt: new Date().toISOString(),
    messages: [asciiJson(message)],
  };
  await world.put(world.output("OrderedOutboxTable"), row);
  const dynamodb = { NewImage: marshall(row), SequenceNumber: "100" };
  await publish({ Records: [{ eventName: "INSERT", dynamodb }] } as DynamoDBStreamEvent, aContext());
  expect((await world.drain(world.output("ReserveCreditQueueUrl"))).length > 0).toBe(isSent);
  expect((await world.items(world.output("JournalTable"))).length > 0).toBe(isSent);
  const left = await world.items(world.output("OrderedOutboxTable"));
  expect(left.some(({ id }) => id === row.id)).toBe(!isSent);
});

it("G7: count-order-views writes no evidence of another service, and its genuine message takes effect", async () => {
  world.enter("Credit/ReserveCredit");
  const { handler: reserveCredit } = await import("../../functions/credit/reserve-credit.ts");
  const customerId = newId();
  await world.put(world.output("CreditTable"), { id: customerId, version: 1, limit: 500, available: 500 });
  const message = anEnvelope(OrderPlaced.from({ orderId: newId(), customerId, total: 100 }));
  const evidence = {
    ...digestOf(message),
    consumer: "reserve-credit",
    source: message.source,
    messageId: message.id,
  };

  const forged = { id: evidenceId({ consumer: "reserve-credit", message }), ...evidence };
  expect(await putAs("Insights/CountOrderViews", "CreditEvidenceTable", forged)).toBe("AccessDenied");
  const record = anSqsRecord(asciiJson(message), {
    queueName: nameOf(world.output("ReserveCreditQueueUrl")),
  });
  const keys = keysIn(world.clients.secretsManager, world.output("SigningSecretArn"));
  expect(await reserveCredit(anSqsEvent(await signed(record, keys)), aContext())).toEqual({
    batchItemFailures: [],
  });
  expect(await world.get(world.output("CreditTable"), customerId)).toMatchObject({ available: 400 });

  // That is what it would have been for.
  const other = { ...message, id: newId() };
  await world.put(world.output("CreditEvidenceTable"), {
    ...forged,
    id: evidenceId({ consumer: "reserve-credit", message: other }),
  });
  await reserveCredit(anSqsEvent(await signed({ ...record, body: asciiJson(other) }, keys)), aContext());
  expect(await world.get(world.output("CreditTable"), customerId)).toMatchObject({ available: 400 });
});

it.each(["Orders", "Credit", "Shipping"])(
  "G7: of %s it neither changes, deletes nor reads evidence",
  (service) => {
    const thief = "Insights/CountOrderViews";
    const request = { TableName: world.output(`${service}EvidenceTable`), Key: marshall({ id: "any" }) };
    for (const action of ["UpdateItem", "DeleteItem", "GetItem"]) {
      expect(may(thief, "dynamodb", `DynamoDB_20120810.${action}`, request), action).toBe(false);
    }
    const PutRequest = { Item: request.Key };
    const batch = { RequestItems: { [request.TableName]: [{ PutRequest }] } };
    expect(may(thief, "dynamodb", "DynamoDB_20120810.BatchWriteItem", batch)).toBe(false);
    expect(mayPut(thief, `${service}EvidenceTable`, { id: "any" }, "in a transaction")).toBe(false);
    expect(mayPut(thief, "InsightsEvidenceTable", { id: "any" }, "in a transaction")).toBe(true);
  },
);

/** Written if the role may. */
async function putAs(thief: string, table: string, item: Record<string, string>): Promise<string> {
  if (!mayPut(thief, table, item)) return "AccessDenied";
  await world.put(world.output(table), item);
  return "written";
}

function nameOf(queueUrl: string): string {
  return queueUrl.split("/").at(-1) ?? "";
}

function mayPut(
  thief: string,
  table: string,
  item: Record<string, string>,
  how?: "in a transaction",
): boolean {
  const Put = { TableName: world.output(table), Item: marshall(item) };
  return how === undefined
    ? may(thief, "dynamodb", "DynamoDB_20120810.PutItem", Put)
    : may(thief, "dynamodb", "DynamoDB_20120810.TransactWriteItems", { TransactItems: [{ Put }] });
}

/** Signed with the access key that the function has. */
function may(thief: string, service: "dynamodb" | "sqs", target: string, body: object): boolean {
  const fn = world.deployment.functions.find(({ path }) => path.startsWith(thief));
  if (fn === undefined) throw new Error(`there is no function ${thief}`);
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyIdOf(fn.functionName)}/20260101/us-east-1/${service}/aws4_request`;
  const judgement = guard.judge(service, {
    method: "POST",
    url: new URL("http://127.0.0.1/"),
    headers: { authorization, "x-amz-target": target },
    body: Buffer.from(JSON.stringify(body)),
  });
  return judgement === undefined || !("deny" in judgement);
}
