import { grantsToPages } from "@essentially-once/testing/foreign-page";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Carrier, startCarrier } from "../../demo/carrier.ts";

let carrier: Carrier;

beforeEach(async () => {
  carrier = await startCarrier();
});

afterEach(() => carrier.stop());

test("listens on this machine only", () => {
  expect(new URL(carrier.url).hostname).toBe("127.0.0.1");
});

test("does nothing for a web page", async () => {
  expect(await grantsToPages(carrier.url)).toEqual([]);
});

test("books once for a key, and gives the same answer again", async () => {
  const first = await book({ reference: "o-1" });
  const again = await book({ reference: "o-1" });
  expect(first).toEqual({ status: 201, body: { consignmentId: "C000001", reference: "o-1" } });
  expect(again).toEqual({ status: 200, body: first.body });
  expect(carrier.counts).toMatchObject({ booked: 1, repeated: 1 });
});

test("two keys are two consignments, also for one reference: the reconciliation must see it", async () => {
  await book({ reference: "o-1" }, "key-1");
  await book({ reference: "o-1" }, "key-2");
  expect(await find("?reference=o-1")).toHaveLength(2);
});

test("is asked by reference, or for all that it booked", async () => {
  await book({ reference: "o-1" });
  await book({ reference: "o-2" });
  expect(await find("?reference=o-2")).toEqual([{ consignmentId: "C000002", reference: "o-2", lines: [] }]);
  expect(await find("?reference=o-3")).toEqual([]);
  expect(await find("")).toHaveLength(2);
});

test.each([
  ["Atlantis, 1 Main Road", 422],
  ["Bermuda, 1 Main Road", 503],
])("%s is answered %i, however often it is asked, and books nothing", async (shipTo, status) => {
  for (let n = 0; n < 3; n++) expect((await book({ reference: "o-1", shipTo })).status).toBe(status);
  expect(await find("")).toEqual([]);
});

test.each([["{"], ["[]"], ["{}"], [JSON.stringify({ reference: 1, shipTo: "x" })]])(
  "the request %s is a bad one",
  async (body) => {
    const response = await fetch(`${carrier.url}/consignments`, {
      method: "POST",
      headers: { "idempotency-key": "k" },
      body,
    });
    expect(response.status).toBe(400);
  },
);

async function book(order: { reference: string; shipTo?: string }, key = order.reference) {
  const response = await fetch(`${carrier.url}/consignments`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify({ shipTo: "1 Harbour Road", lines: [], ...order }),
  });
  return { status: response.status, body: await response.json() };
}

async function find(query: string): Promise<unknown> {
  return (await fetch(`${carrier.url}/consignments${query}`)).json();
}
