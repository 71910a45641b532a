import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { rounds } from "@essentially-once/testing/rounds";
import { signed } from "@essentially-once/testing/signing";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, expect, it } from "vitest";
import { OrderPlaced } from "../../../functions/orders/messages.ts";

let world: World;
let handler: typeof import("../../../functions/credit/reserve-credit.ts").handler;

beforeAll(async () => {
  world = await aWorld({ app: "bin/app.ts" });
  world.enter("Credit/ReserveCredit");
  ({ handler } = await import("../../../functions/credit/reserve-credit.ts"));
});
afterAll(() => world.stop());

it("reserves what the account covers and denies the rest, and conserves money under ten orders at once", async () => {
  const customerId = newId();
  await world.put(world.output("CreditTable"), { id: customerId, version: 1, limit: 500, available: 500 });
  const orders = Array.from({ length: 10 }, () => aPlacedOrder(customerId, 100));
  const records = orders.map((order) => signed(anSqsRecord(asciiJson(order))));
  const event = anSqsEvent(...(await Promise.all(records)));
  let response = await handler(event, aContext());
  for (const _ of rounds()) {
    if (response.batchItemFailures.length === 0) break;
    response = await handler(event, aContext());
  }

  expect(await world.get(world.output("CreditTable"), customerId)).toMatchObject({
    limit: 500,
    available: 0,
  });
  const answers = await answersTo(orders);
  expect(answers.filter((type) => type === "credit.credit-reserved.v1")).toHaveLength(5);
  expect(answers.filter((type) => type === "credit.credit-denied.v1")).toHaveLength(5);
});

it("parks an order of an unknown customer", async () => {
  const record = await signed(anSqsRecord(asciiJson(aPlacedOrder("nobody", 100))));
  expect(await handler(anSqsEvent(record), aContext())).toEqual({ batchItemFailures: [] });
  const letters = await world.drain(world.output("ReserveCreditDeadLetterQueueUrl"));
  expect(letters).toMatchObject([
    { attributes: { ReasonCode: "ACCOUNT_UNKNOWN", Consumer: "reserve-credit" } },
  ]);
});

function aPlacedOrder(customerId: string, total: number): Envelope {
  return anEnvelope({ type: OrderPlaced.type, data: { orderId: newId(), customerId, total } });
}

async function answersTo(orders: readonly Envelope[]): Promise<string[]> {
  const causes = new Set(orders.map((order) => order.id));
  const bodies = (await world.items(world.output("OrderedOutboxTable"))).flatMap(
    (item) => item.messages as string[],
  );
  const messages = bodies.map((body) => JSON.parse(body) as Envelope);
  return messages.filter((message) => causes.has(message.causationid ?? "")).map((message) => message.type);
}
