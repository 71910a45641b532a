import { asciiJson } from "@essentially-once/messaging/envelope";
import type { Draft } from "@essentially-once/messaging/message-type";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { exploreCrashes } from "@essentially-once/testing/explore-crashes";
import { expect, it } from "vitest";
import { OrderCanceled, OrderPlaced } from "../../../functions/orders/messages.ts";

const order = (customerId: string) => ({ orderId: `o-${customerId}`, customerId, total: 60 });
const placed = (customerId: string) => OrderPlaced.from(order(customerId));
const canceled = (customerId: string) => OrderCanceled.from({ ...order(customerId), approved: false });
/** By an earlier release, which kept no reservations. */
const formerly = (customerId: string) => OrderCanceled.from({ ...order(customerId), approved: true });

it.each([
  { name: "reserved", drafts: [placed], before: 100, after: 40, answer: "credit.credit-reserved.v1" },
  { name: "denied", drafts: [placed], before: 59, after: 59, answer: "credit.credit-denied.v1" },
  { name: "given back, whichever comes first", drafts: [placed, canceled], before: 100, after: 100 },
  { name: "given back without a reservation", drafts: [formerly], before: 40, after: 100 },
])("G1, G2: credit is $name, whatever fails at whichever call", async ({ drafts, before, after, answer }) => {
  await exploreCrashes("functions/credit/reserve-credit.ts", {
    guarded: true,
    tables: { CREDIT_TABLE: {} },
    given: (sandbox, id) => sandbox.put("CREDIT_TABLE", { id, version: 1, limit: 100, available: before }),
    messages: (id) => drafts.map((draft, n) => message(draft(id), `${id}-${n}`)),
    invariant: async (sandbox, id) => {
      expect(await sandbox.get("CREDIT_TABLE", id)).toMatchObject({ limit: 100, available: after });
      const answers = (await sandbox.published(`${id}-0`)).map(({ type }) => type);
      if (answer) expect(answers).toEqual([answer]);
    },
  });
});

it("parks an order of an unknown customer", async () => {
  await exploreCrashes("functions/credit/reserve-credit.ts", {
    guarded: true,
    tables: { CREDIT_TABLE: {} },
    messages: (id) => [message(placed(id), id)],
    invariant: async (sandbox) => {
      const reasons = (await sandbox.deadLetters("main")).map(({ reason }) => reason);
      expect(new Set(reasons)).toEqual(new Set(["ACCOUNT_UNKNOWN"]));
    },
  });
});

function message(draft: Draft, id: string): string {
  return asciiJson(anEnvelope({ ...draft, id }));
}
