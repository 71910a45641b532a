import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { placeOrders } from "../../demo/clients.ts";
import type { OrderPlan } from "../../demo/orders.ts";

let server: Server | undefined;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

test("asks again, with the same key, while the fault is the service's or nothing is known", async () => {
  const keys: unknown[] = [];
  const url = await serve((key, turn) => {
    keys.push(key);
    return turn === 1 ? 500 : turn === 2 ? "hang up" : 201;
  });
  const [placement] = await placeOrders([plan("k-1")], { url });
  expect(placement).toEqual({ key: "k-1", orderIds: ["order-of-k-1"], requests: 3 });
  expect(keys).toEqual(["k-1", "k-1", "k-1"]);
});

test("does not repeat what the service refused", async () => {
  const url = await serve(() => 400);
  const [placement] = await placeOrders([plan("k-1")], { url });
  expect(placement).toMatchObject({
    orderIds: [],
    requests: 1,
    failure: expect.stringContaining("HTTP 400"),
  });
});

test("asks twice on purpose, and holds both answers to be the same", async () => {
  const url = await serve(() => 201);
  const [placement] = await placeOrders([{ ...plan("k-1"), repeats: 1 }], { url });
  expect(placement).toEqual({ key: "k-1", orderIds: ["order-of-k-1"], requests: 2 });
});

test("several clients share the orders: each is placed once", async () => {
  const url = await serve(() => 201);
  const plans = Array.from({ length: 20 }, (_, n) => plan(`k-${n}`));
  const placements = await placeOrders(plans, { url, clients: 4 });
  expect(placements.map(({ key }) => key).sort()).toEqual(plans.map(({ key }) => key).sort());
});

function plan(key: string): OrderPlan {
  return { key, order: { customerId: "ann", shipTo: "1 Harbour Road", lines: [] }, repeats: 0 };
}

async function serve(answer: (key: unknown, turn: number) => number | "hang up"): Promise<string> {
  let turn = 0;
  server = createServer((request, response) => {
    turn += 1;
    const key = request.headers["idempotency-key"];
    const status = answer(key, turn);
    if (status === "hang up") request.socket.destroy();
    else response.writeHead(status).end(JSON.stringify({ orderId: `order-of-${key}` }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
