import fc from "fast-check";
import { expect, it } from "vitest";
import { reserve } from "../../../functions/credit/account.ts";

it("never reserves more than there is, and conserves money over any run of reservations", () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.array(fc.integer({ min: 1, max: 5_000 })), (limit, amounts) => {
      let account = { id: "c-1", version: 0, limit, available: limit };
      let held = 0;
      for (const amount of amounts) {
        const reserved = reserve(account, amount);
        expect(reserved !== undefined).toBe(amount <= account.available);
        if (reserved) held += amount;
        account = reserved ?? account;
        expect(account.available).toBeGreaterThanOrEqual(0);
        expect(account.limit).toBe(account.available + held);
      }
    }),
  );
});
