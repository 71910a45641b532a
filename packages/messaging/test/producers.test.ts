import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { describe, expect, it } from "vitest";
import { type OutboxRow, orderingKeyOf } from "../src/commit/outbox.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
import { producersAmong, readProducers } from "../src/trust/producers.ts";

const producers = readProducers(
  JSON.stringify({
    "place-order": { publishes: ["orders.order-placed.v1"] },
    "settle-order": { publishes: ["orders.order-approved.v1"], table: "Orders-Table" },
  }),
);

describe("G7: a row counts for its writer, and for no other function", () => {
  it.each<[string, boolean, Parameters<typeof aRow>[0]]>([
    ["its own type under its own key", true, {}],
    ["under another's key", false, { writer: "count-order-views" }],
    ["a type that its contract does not publish", false, { type: "orders.order-approved.v1" }],
    ["a function that publishes nothing", false, { writer: "build-statement", source: "/build-statement" }],
    ["a source that is no function", false, { writer: "place-order", source: "https://elsewhere.example" }],
    ["one of the items of its service's table", true, { ...settled, inItemOf: "Orders-Table" }],
    ["another service's item that says it is this one's", false, { ...settled, inItemOf: "Insights-Table" }],
    ["an endpoint's type out of an item", false, { inItemOf: "Orders-Table" }],
    ["what was kept of an item, by the name of its table", true, { ...settled, writer: "Orders-Table" }],
    ["what was kept of another service's item", false, { ...settled, writer: "Insights-Table" }],
    ["a row of the release before, which has no writer", true, { writer: "" }],
    ["a row of the release before with a type of another", false, { writer: "", type: "credit.denied.v1" }],
  ])("%s: %s", async (_what, isOwn, row) => {
    const given = aRow(row);
    const lines = await linesOf(async () => expect(producers.wrote(given)).toBe(isOwn));
    expect(lines.map(({ code }) => code)).toEqual(isOwn ? [] : ["PRODUCER_UNKNOWN", "AUTHOR_UNKNOWN"]);
    const [message] = given.messages;
    for (const line of lines) {
      const { source, type } = message?.envelope ?? {};
      expect(line).toMatchObject({
        level: "ERROR",
        row: given.key.id,
        messageId: message?.envelope.id,
        source,
        type,
      });
    }
  });

  it("as soon as one of its messages is another's", () => {
    const own = aRow({});
    const [other] = aRow({ source: "/settle-order", type: "orders.order-approved.v1" }).messages;
    if (other === undefined) throw new Error("a row has a message");
    expect(producers.wrote({ ...own, messages: [...own.messages, other] })).toBe(false);
  });

  it("says what a contract publishes, by its source", () => {
    const known = producersAmong({ "place-order": { publishes: ["orders.order-placed.v1"] } });
    expect(known.publishes("/place-order", "orders.order-placed.v1")).toBe(true);
    expect(known.publishes("place-/order", "orders.order-placed.v1")).toBe(false);
    expect(known.publishes("/place-order", "orders.order-approved.v1")).toBe(false);
    expect(known.publishes("/nobody", "orders.order-placed.v1")).toBe(false);
  });

  it.each([
    "[]",
    "{}x",
    "null",
    "7",
    '{"a":{"publishes":["b",1]}}',
    '{"a":{"publishes":[],"table":7}}',
    '{"a":1}',
    '{"a":{"publishes":"b"}}',
    '{"a":{"publishes":[1]}}',
  ])("what is no list of producers fails the start: %s", (text) => {
    if (text === "[]") expect(readProducers(text).wrote(aRow({}))).toBe(false);
    else expect(() => readProducers(text)).toThrow(text === "{}x" ? "JSON" : "AUTHORS must be a JSON object");
  });
});

const settled = { source: "/settle-order", type: "orders.order-approved.v1" };

function aRow({
  source = "/place-order",
  type = "orders.order-placed.v1",
  writer = source.slice(1),
  inItemOf,
}: {
  source?: string;
  type?: string;
  writer?: string;
  inItemOf?: string;
}): OutboxRow {
  const envelope = anEnvelope({ source, type });
  const [, hash] = orderingKeyOf(envelope).split("#");
  return {
    id: "row",
    key: writer === "" ? { id: "former" } : { id: `${writer}#${hash}`, place: "1" },
    createdAt: "2026-01-01T00:00:00.000Z",
    messages: [{ body: asciiJson(envelope), envelope }],
    after: "",
    tried: false,
    ...(inItemOf !== undefined && { inItemOf }),
  };
}
