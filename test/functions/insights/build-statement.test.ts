import { type ProjectionState, servingState } from "@essentially-once/messaging/internal/pull/generation";
import { journal } from "@essentially-once/messaging/journal";
import type { Draft } from "@essentially-once/messaging/message-type";
import { aJournalWorld, inSeconds, type JournalWorld, letter } from "@essentially-once/testing/journal-world";
import { aContext } from "@essentially-once/testing/lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CreditDenied, CreditReserved } from "../../../functions/credit/messages.ts";
import { type Statement, statementsOf } from "../../../functions/insights/statement.ts";
import { OrderApproved, OrderPlaced } from "../../../functions/orders/messages.ts";
import { OrderShipped } from "../../../functions/shipping/messages.ts";

const customers = ["anna", "ben", "carla"];

let world: JournalWorld;
let build: typeof import("../../../functions/insights/build-statement.ts").handler;

beforeAll(async () => {
  world = await aJournalWorld();
  ({ handler: build } = await import("../../../functions/insights/build-statement.ts"));
});
afterAll(() => world.stop());

describe("build-statement", () => {
  it("G10: has what the journal says, run by run, with two workers, and after a rebuild", async () => {
    const stories = Array.from({ length: 30 }, (_, n) => storyOf(n));
    await append(stories.slice(0, 15).flat());
    await Promise.all([build({}, aContext()), build({}, aContext())]);
    await append(stories.slice(15).flat());
    await build({}, aContext());
    expect(await running()).toEqual(await folded());

    await build({ rebuild: true }, aContext());
    expect(await build({}, aContext({ remainingMs: 20_000 }))).toMatchObject({ serving: 2 });
    expect(await running()).toEqual(await folded());
  });

  it("G10: stops at a step of an order that nobody placed, and says so", async () => {
    await append([CreditReserved.from({ orderId: "nobody's" })]);
    await expect(build({}, aContext())).rejects.toThrow("build-statement@2 stopped");
  });
});

function storyOf(n: number): Draft[] {
  const orderId = `order-${n}`;
  const placed = OrderPlaced.from({ orderId, customerId: customers[n % 3] ?? "", total: 100 + n });
  if (n % 5 === 0) return [placed, CreditDenied.from({ orderId })];
  return [
    placed,
    CreditReserved.from({ orderId }),
    OrderApproved.from({ orderId, shipTo: "Rome", lines: [] }),
    OrderShipped.from({ orderId, consignmentId: `c-${n}` }),
  ];
}

async function append(drafts: readonly Draft[]): Promise<void> {
  await journal().append(drafts.map(letter), inSeconds(20));
}

async function running(): Promise<unknown[]> {
  const state: ProjectionState = await servingState({ name: "build-statement", table: world.stateTable });
  const statements = await Promise.all(
    customers.map((customer) => state<Statement>("statement").get(customer)),
  );
  return statements.map((statement) => ({ ...statement, version: undefined }));
}

/** The whole journal, folded at once. */
async function folded(): Promise<unknown[]> {
  const events = [];
  for (let partition = 0; partition < journal().partitions; partition++) {
    for (let after = 0; ; ) {
      const page = await journal().read({ partition, after, limit: 100 });
      if (page.length === 0) break;
      after += page.length;
      events.push(...page.map(({ body }) => JSON.parse(body)));
    }
  }
  const statements = statementsOf(events);
  return customers.map((customer) => ({ ...statements.get(customer), version: undefined }));
}
