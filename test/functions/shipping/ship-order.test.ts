import { asciiJson } from "@essentially-once/messaging/envelope";
import { aCarrier, type TestCarrier } from "@essentially-once/testing/a-carrier";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { exploreCrashes } from "@essentially-once/testing/explore-crashes";
import { afterAll, beforeAll, expect, it } from "vitest";
import { OrderApproved } from "../../../functions/orders/messages.ts";

let carrier: TestCarrier;
beforeAll(async () => {
  carrier = await aCarrier();
});
afterAll(() => carrier.stop());

it("G8: ships with one consignment, whatever fails at whichever call", async () => {
  await exploreCrashes("functions/shipping/ship-order.ts", {
    guarded: true,
    tables: { SHIPPING_TABLE: {} },
    environment: () => ({ CARRIER_URL: carrier.url }),
    without: {
      "frozen-before": "a process stopped right before its request, for longer than its lease, acts late",
    },
    messages: (orderId) => {
      const draft = OrderApproved.from({ orderId, shipTo: "Main Street 1", lines: [] });
      return [asciiJson(anEnvelope({ ...draft, id: orderId }))];
    },
    invariant: async (sandbox, orderId) => {
      expect(carrier.consignments(orderId)).toBe(1);
      expect(await sandbox.get("SHIPPING_TABLE", orderId)).toMatchObject({ version: 1 });
      expect(await sandbox.published(orderId)).toMatchObject([{ type: "shipping.order-shipped.v1" }]);
    },
  });
});
