import { journal } from "@essentially-once/messaging/journal";
import { aJournalWorld, inSeconds, type JournalWorld, letter } from "@essentially-once/testing/journal-world";
import { aContext } from "@essentially-once/testing/lambda";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readInsights } from "../../demo/insights.ts";
import { reconcileInsights } from "../../demo/reconcile-insights.ts";
import { rebuildStatements } from "../../demo/statement-runs.ts";
import type { Order } from "../../demo/tables.ts";
import { CreditReserved } from "../../functions/credit/messages.ts";
import { OrderPlaced } from "../../functions/orders/messages.ts";

let world: JournalWorld;
let build: typeof import("../../functions/insights/build-statement.ts").handler;

beforeAll(async () => {
  world = await aJournalWorld();
  ({ handler: build } = await import("../../functions/insights/build-statement.ts"));
});
afterAll(() => world.stop());

test("G10: the statements are brought even with the journal, rebuilt beside, and found to match", async () => {
  await appendOrders(20);
  const cloud = aCloud();
  await rebuildStatements(cloud, { withinMs: 120_000 });

  const insights = await readInsights({ ...cloud, queues: [], carrierUrl: "" });
  expect(insights.serving).toBe(2);
  expect([...insights.statements.keys()].sort()).toEqual([1, 2]);
  expect(insights.journal.map(({ head, records }) => head - records.length)).toEqual([0, 0, 0, 0]);
  expect(reconcileInsights(insights, { orders: orders(20), viewsSent: new Map() })).toMatchObject({
    journaled: 40,
    statementsMatch: true,
  });
});

test("a projection that does not come forward is told, with how its last run ended", async () => {
  await appendOrders(1);
  const cloud = aCloud({ isBroken: true });
  await expect(rebuildStatements(cloud, { withinMs: 300 })).rejects.toThrow(
    "The statements are not even with the journal after 0.3 s. The last run: error, it is broken.",
  );
});

function aCloud({ isBroken = false } = {}) {
  const tables: Record<string, string> = {
    InsightsTable: world.stateTable,
    JournalTable: world.journalTable,
  };
  return {
    clients: world.clients,
    output: (key: string) => tables[key] ?? "",
    async invoke(path: string, event: unknown) {
      expect(path).toBe("Insights/BuildStatement");
      const error = { type: "Error", message: "it is broken" };
      if (isBroken) return { requestId: "r", outcome: "error" as const, error };
      try {
        return { requestId: "r", outcome: "ok" as const, response: await build(event, aContext()) };
      } catch (thrown) {
        const { name: type, message } = thrown as Error; // as the local cloud says it; the next run goes on
        return { requestId: "r", outcome: "error" as const, error: { type, message } };
      }
    },
  };
}

async function appendOrders(count: number): Promise<void> {
  const drafts = orders(count).flatMap(({ id: orderId, customerId, total }) => [
    OrderPlaced.from({ orderId, customerId, total }),
    CreditReserved.from({ orderId }),
  ]);
  await journal().append(drafts.map(letter), inSeconds(20));
}

function orders(count: number): Order[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `order-${n}`,
    version: 2,
    customerId: n % 2 === 0 ? "ann" : "ben",
    total: 100 + n,
    status: "approved",
    shipTo: "1 Harbour Road",
  }));
}
