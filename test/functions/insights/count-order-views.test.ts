import { asciiJson } from "@essentially-once/messaging/envelope";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { exploreCrashes } from "@essentially-once/testing/explore-crashes";
import { expect, it } from "vitest";
import { OrderViewed } from "../../../functions/insights/messages.ts";

it("G9: counts a view once or not at all, whatever fails at whichever call", async () => {
  await exploreCrashes("functions/insights/count-order-views.ts", {
    tables: { INSIGHTS_TABLE: {} },
    messages: (id) => [asciiJson(anEnvelope({ ...OrderViewed.from({ orderId: id }), id }))],
    invariant: async (sandbox, id) => {
      const { views } = (await sandbox.get("INSIGHTS_TABLE", id)) ?? {};
      expect([undefined, 1]).toContain(views);
    },
  });
});
