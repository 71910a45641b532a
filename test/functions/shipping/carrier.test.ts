import { NotPerformed } from "@essentially-once/messaging/effect";
import { aCarrier, type TestCarrier, type Trouble } from "@essentially-once/testing/a-carrier";
import { afterAll, beforeAll, expect, it } from "vitest";
import { carrierAt } from "../../../functions/shipping/carrier.ts";

const request = { reference: "o-1", shipTo: "Main Street 1", lines: [] };
let carrier: TestCarrier;
beforeAll(async () => {
  carrier = await aCarrier();
});
afterAll(() => carrier.stop());

it.each<[Trouble, string, boolean, number?]>([
  ["503", "CARRIER_UNAVAILABLE", true],
  ["later-503", "CARRIER_UNAVAILABLE", true, 7],
  ["booked-and-500", "CARRIER_UNAVAILABLE", false],
])(
  "after %s the reason is %s, and that nothing was booked is certain: %s",
  async (trouble, code, isCertain, retryAfterSeconds) => {
    carrier.trouble("POST", trouble);
    const error = await carrierAt(carrier.url)
      .ship(request, AbortSignal.timeout(5_000))
      .then(String, (thrown) => thrown);
    expect(error instanceof NotPerformed).toBe(isCertain);
    expect(isCertain ? error.cause : error).toMatchObject({ code, retryAfterSeconds });
  },
);

it("a refused address is final", async () => {
  carrier.trouble("POST", "422");
  const answer = await carrierAt(carrier.url).ship(request, AbortSignal.timeout(5_000));
  expect(answer).toEqual({ refused: true });
});
