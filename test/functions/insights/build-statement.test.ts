import { servingState } from "@essentially-once/messaging/internal/pull/generation";
import { journal } from "@essentially-once/messaging/journal";
import {
  aJournalMessage,
  aJournalWorld,
  inSeconds,
  type JournalWorld,
} from "@essentially-once/testing/journal-world";
import { aContext } from "@essentially-once/testing/lambda";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CreditDenied } from "../../../functions/credit/messages.ts";
import { type Statement, statementsOf } from "../../../functions/insights/statement.ts";
import { OrderApproved, OrderCanceled, OrderPlaced } from "../../../functions/orders/messages.ts";
import { OrderShipped } from "../../../functions/shipping/messages.ts";

const events = Array.from({ length: 30 }, (_, n) =>
  eventsOf(`order-${n}`, ["ann", "ben"][n % 2] ?? ""),
).flat();
let world: JournalWorld;
let build: typeof import("../../../functions/insights/build-statement.ts").handler;

beforeAll(async () => {
  world = await aJournalWorld();
  ({ handler: build } = await import("../../../functions/insights/build-statement.ts"));
  await journal().append(events.map(aJournalMessage), inSeconds(20));
});
afterAll(() => world.stop());

it("G10: says what the journal says, with two workers at once, and after a rebuild", async () => {
  await Promise.all([build({}, aContext()), build({}, aContext())]);
  await build({}, aContext());
  expect(await served()).toEqual(folded());
  await build({ rebuild: true }, aContext());
  expect(await build({}, aContext({ remainingMs: 20_000 }))).toMatchObject({ serving: 2 });
  expect(await served()).toEqual(folded());
});

function eventsOf(orderId: string, customerId: string) {
  const placed = OrderPlaced.from({ orderId, customerId, total: 100 });
  if (orderId.endsWith("5"))
    return [
      placed,
      OrderCanceled.from({ orderId, customerId, total: 100, approved: false }),
      CreditDenied.from({ orderId }),
    ];
  return [
    placed,
    OrderApproved.from({ orderId, shipTo: "Rome", lines: [] }),
    OrderShipped.from({ orderId, consignmentId: "c-1" }),
  ];
}

async function served(): Promise<unknown[]> {
  const state = await servingState({ name: "build-statement", table: world.stateTable });
  return Promise.all(["ann", "ben"].map((customer) => state<Statement>("statement").get(customer)));
}

function folded(): unknown[] {
  const statements = statementsOf(events);
  return ["ann", "ben"].map((customer) => statements.get(customer));
}
