import { asciiJson } from "@essentially-once/messaging/envelope";
import { aCarrier, type TestCarrier } from "@essentially-once/testing/a-carrier";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { exploreCrashes } from "@essentially-once/testing/explore-crashes";
import { afterAll, beforeAll, expect, it } from "vitest";
import { OrderApproved, OrderRecalled } from "../../../functions/orders/messages.ts";

let carrier: TestCarrier;
beforeAll(async () => {
  carrier = await aCarrier();
});
afterAll(() => carrier.stop());

it.each([
  { name: "ships with one consignment", recalled: false },
  { name: "ships a recalled order or refuses it for good", recalled: true },
])("G8: $name, whatever fails at whichever call", async ({ recalled }) => {
  await exploreCrashes("functions/shipping/ship-order.ts", {
    guarded: true,
    tables: { SHIPPING_TABLE: {} },
    environment: () => ({ CARRIER_URL: carrier.url, LIMITS: "carrier" }),
    without: {
      "frozen-before": "a process stopped right before its request, for longer than its lease, acts late",
    },
    messages: (orderId) => {
      const approved = OrderApproved.from({ orderId, shipTo: "Main Street 1", lines: [] });
      const drafts = [approved, ...(recalled ? [OrderRecalled.from({ orderId })] : [])];
      return drafts.map((draft, n) => asciiJson(anEnvelope({ ...draft, id: `${orderId}-${n}` })));
    },
    invariant: async (sandbox, orderId) => {
      const ids = [`${orderId}-0`, `${orderId}-1`];
      const published = (await Promise.all(ids.map(sandbox.published))).flat().map(({ type }) => type);
      const booked = carrier.consignments(orderId);
      const isShipped = (await sandbox.get("SHIPPING_TABLE", orderId)) !== undefined;
      const wanted = booked === 1 ? ["shipping.order-shipped.v1"] : ["shipping.shipping-refused.v1"];
      expect({ booked, isShipped, published: [...new Set(published)] }).toEqual({
        ...{ booked: recalled ? booked : 1, isShipped: booked === 1, published: wanted },
      });
    },
  });
});
