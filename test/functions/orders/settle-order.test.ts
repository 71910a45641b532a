import { asciiJson } from "@essentially-once/messaging/envelope";
import type { Draft } from "@essentially-once/messaging/message-type";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { exploreCrashes } from "@essentially-once/testing/explore-crashes";
import { expect, it } from "vitest";
import { CreditDenied, CreditReserved } from "../../../functions/credit/messages.ts";
import { newOrder } from "../../../functions/orders/order.ts";
import { OrderShipped } from "../../../functions/shipping/messages.ts";

const reserved = (orderId: string) => CreditReserved.from({ orderId });
const denied = (orderId: string) => CreditDenied.from({ orderId });
const shipped = (orderId: string) => OrderShipped.from({ orderId, consignmentId: "c-1" });
const inGroup = "a FIFO group is with one invocation at a time";

it.each([
  { step: reserved, status: "approved", announced: 1, parked: [] },
  { step: denied, status: "canceled", announced: 0, parked: [] },
  { step: shipped, status: "new", announced: 0, parked: ["ORDER_STATUS"] },
])(
  "G2: an order becomes $status and is announced $announced times, whatever fails at whichever call",
  async ({ step, ...wanted }) => {
    await exploreCrashes("functions/orders/settle-order.ts", {
      guarded: true,
      fifo: true,
      tables: { ORDERS_TABLE: { stream: true } },
      without: {
        ...{ "twice-before": inGroup, "twice-after": inGroup },
        ...{ "frozen-before": inGroup, "frozen-after": inGroup },
      },
      given: (sandbox, id) => sandbox.put("ORDERS_TABLE", { ...anOrder(id), version: 1 }),
      messages: (id) => [deadLetter(step(id), id)],
      invariant: async (sandbox, id) => {
        const parked = (await sandbox.deadLetters("main")).map(({ reason }) => reason);
        const announced = (await sandbox.published(id)).length;
        const { status } = (await sandbox.get("ORDERS_TABLE", id)) ?? {};
        expect({ status, announced, parked }).toEqual(wanted);
      },
    });
  },
);

function deadLetter(draft: Draft, id: string): { key: string; body: string } {
  return { key: draft.partitionkey, body: asciiJson(anEnvelope({ ...draft, id })) };
}

function anOrder(id: string) {
  const placedAt = "2026-01-01T00:00:00Z";
  const lines = [{ sku: "tea", quantity: 1, unitPrice: 100 }];
  return newOrder({ id, customerId: "c-1", lines, shipTo: "Main Street 1", placedAt });
}
