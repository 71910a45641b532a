import { dynamodb } from "@essentially-once/messaging/clients";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { aContext, aPost } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

const anOrder = {
  customerId: "c-1",
  shipTo: "Main Street 1",
  lines: [{ sku: "tea", quantity: 2, unitPrice: 450 }],
};

let world: World;
let faults: Faults | undefined;
let handler: typeof import("../../../functions/orders/place-order.ts").handler;

beforeAll(async () => {
  world = await aWorld({ app: "bin/app.ts" });
  world.enter("Orders/PlaceOrder");
  ({ handler } = await import("../../../functions/orders/place-order.ts"));
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
});
afterAll(() => world.stop());

describe("place-order", () => {
  it("G1: commits the order and OrderPlaced together and answers 201", async () => {
    const answer = await post(anOrder, newId());
    expect(answer).toMatchObject({ status: 201, body: { status: "new", total: 900 } });
    const { orderId } = answer.body;
    expect(await world.get(world.output("OrdersTable"), orderId)).toMatchObject({
      version: 1,
      status: "new",
      total: 900,
    });
    expect(await placed(orderId)).toMatchObject([
      { source: "/place-order", data: { orderId, customerId: "c-1", total: 900 } },
    ]);
  });

  it("G2: the same key and body get the same answer and make one order, also at once", async () => {
    const key = newId();
    const answers = await Promise.all([1, 2, 3].map(() => post(anOrder, key)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await placed(answers[0]?.body.orderId)).toHaveLength(1);
  });

  it("G2: a caller whose answer was lost gets it by asking again", async () => {
    const key = newId();
    faults = injectFaults(dynamodb(), { command: "TransactWriteItemsCommand", moment: "before" });
    expect(await post(anOrder, key)).toMatchObject({ status: 500, body: { title: "INTERNAL" } });
    faults.remove();
    const [answer, again] = [await post(anOrder, key), await post(anOrder, key)];
    expect(answer.status).toBe(201);
    expect(again).toEqual(answer);
    expect(await placed(answer.body.orderId)).toHaveLength(1);
  });

  it("the same key with another body is a conflict, named", async () => {
    const key = newId();
    await post(anOrder, key);
    const other = await post({ ...anOrder, customerId: "c-2" }, key);
    expect(other).toMatchObject({ status: 422, body: { title: "ID_REUSED" } });
  });

  it.each([
    ["KEY_MISSING", 400, anOrder, undefined],
    ["NOT_JSON", 400, "{", "key-1"],
    ["DATA_INVALID", 422, { ...anOrder, lines: [] }, "key-2"],
    ["DATA_INVALID", 422, { ...anOrder, total: 1 }, "key-3"],
    [
      "DATA_INVALID",
      422,
      { ...anOrder, lines: [{ sku: "s", quantity: 1, unitPrice: 2 ** 53 - 1 }] },
      "key-4",
    ],
  ])("refuses with %s and status %i, as problem details", async (title, status, body, key) => {
    const event = aPost(body, key ? { "idempotency-key": key } : {});
    const response = await handler(event, aContext());
    expect(response).toMatchObject({
      statusCode: status,
      headers: { "content-type": "application/problem+json" },
    });
    expect(JSON.parse(response.body ?? "")).toMatchObject({ type: "about:blank", title, status });
  });

  it("answers only to POST", async () => {
    const event = aPost(anOrder);
    event.requestContext.http.method = "GET";
    expect(await handler(event, aContext())).toMatchObject({ statusCode: 405, headers: { allow: "POST" } });
  });
});

async function post(body: unknown, key: string) {
  const response = await handler(aPost(body, { "idempotency-key": key }), aContext());
  return { status: response.statusCode, body: JSON.parse(response.body ?? "") };
}

async function placed(orderId: string): Promise<Envelope[]> {
  const bodies = (await world.items(world.output("OrderedOutboxTable"))).flatMap(
    (item) => item.messages as string[],
  );
  const messages = bodies.map((body) => JSON.parse(body) as Envelope<string, { orderId: string }>);
  return messages.filter((message) => message.data.orderId === orderId);
}
