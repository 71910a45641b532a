// How a user proves a handler: this is the example of docs/guarantees.md, for a handler of the sample, and a handler
// that is wrong on purpose, to see that it is caught.
import { describe, expect, it } from "vitest";
import { asciiJson } from "../../functions/messaging/envelope.ts";
import { OrderPlaced } from "../../functions/orders/messages.ts";
import { anEnvelope } from "../support/an-envelope.ts";
import { exploreCrashes } from "./explorer/explore-crashes.ts";
import { bodiesOf } from "./scenarios/deposits.ts";

describe("exploreCrashes", () => {
  it("G2: reserve-credit takes the money once, whatever fails at whichever call", async () => {
    const { schedules, faults } = await exploreCrashes("functions/credit/reserve-credit.ts", {
      guarded: true,
      tables: { CREDIT_TABLE: {} },
      given: (stage, id) => stage.put("CREDIT_TABLE", { id, version: 1, limit: 100, available: 100 }),
      messages: (id) => [
        asciiJson(anEnvelope({ ...OrderPlaced.from({ orderId: id, customerId: id, total: 40 }), id })),
      ],
      invariant: async (stage, id) => {
        expect(await stage.get("CREDIT_TABLE", id)).toMatchObject({ available: 60 });
        expect(await stage.deadLetters("main")).toEqual([]);
      },
    });
    expect(schedules).toBeGreaterThan(30);
    expect(faults).toMatchObject({ "killed-after": expect.any(Number), "lost-response": expect.any(Number) });
  });

  it("G2: finds an effect beside the unit of work, and says which fault at which call doubles it", async () => {
    const wrong = exploreCrashes("test/guarantees/scenarios/handlers/effect-beside.ts", {
      tables: { ACCOUNTS_TABLE: {} },
      messages: (id) => bodiesOf(id, [{ account: id, amount: 5 }]),
      invariant: async (stage, id) => expect(await stage.get("ACCOUNTS_TABLE", id)).toEqual({ id, sum: 5 }),
    });
    await expect(wrong).rejects.toThrow(/the 1st (UpdateItem|TransactWriteItems)[\s\S]*✗[\s\S]*calls:/);
  });
});
