import { asciiJson } from "@essentially-once/messaging/envelope";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { exploreCrashes } from "@essentially-once/testing/explore-crashes";
import { expect, it } from "vitest";
import { OrderPlaced } from "../../../functions/orders/messages.ts";

const scenario = { guarded: true, tables: { CREDIT_TABLE: {} } };

it.each([
  { limit: 100, available: 40, answer: "credit.credit-reserved.v1" },
  { limit: 59, available: 59, answer: "credit.credit-denied.v1" },
])(
  "G2: of a limit of $limit, $available is left after 60 were asked for, whatever fails at whichever call",
  async ({ limit, available, answer }) => {
    await exploreCrashes("functions/credit/reserve-credit.ts", {
      ...scenario,
      given: (sandbox, id) => sandbox.put("CREDIT_TABLE", { id, version: 1, limit, available: limit }),
      messages: (id) => [anOrderOf60(id, id)],
      invariant: async (sandbox, id) => {
        expect(await sandbox.get("CREDIT_TABLE", id)).toMatchObject({ limit, available });
        expect(await sandbox.published(id)).toMatchObject([{ type: answer, data: { orderId: id } }]);
      },
    });
  },
);

it("parks an order of an unknown customer", async () => {
  await exploreCrashes("functions/credit/reserve-credit.ts", {
    ...scenario,
    messages: (id) => [anOrderOf60(id, "nobody")],
    invariant: async (sandbox) => {
      const reasons = (await sandbox.deadLetters("main")).map(({ reason }) => reason);
      expect(new Set(reasons)).toEqual(new Set(["ACCOUNT_UNKNOWN"]));
    },
  });
});

function anOrderOf60(id: string, customerId: string): string {
  return asciiJson(anEnvelope({ ...OrderPlaced.from({ orderId: id, customerId, total: 60 }), id }));
}
