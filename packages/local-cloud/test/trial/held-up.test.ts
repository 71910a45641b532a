import { deadLettersOf } from "@essentially-once/operator/dead-letters/dead-letter";
import { expect, test } from "vitest";
import { type HeldUpFacts, heldUpInvariants, heldUpSummary } from "../../src/trial/account/held-up.ts";
import type { HeldUp } from "../../src/trial/send/hold-up.ts";

const [rateName, waitsName] = heldUpInvariants(aHeldUp(), facts()).map(({ name }) => name);

test("a run in which all went well holds both, with figures", () => {
  expect(heldUpInvariants(aHeldUp(), facts())).toMatchObject([
    { holds: true, evidence: "at most 31 calls in a second, of 20 + 20" },
    { holds: true, evidence: "6 calls failed, 7 waited" },
  ]);
  expect(heldUpSummary(aHeldUp())).toEqual({
    callsInASecond: 31,
    outageSeconds: 1.5,
    refused: 6,
    pausedSeconds: 1,
    waitedPaused: 7,
  });
});

test("a run with few calls is not held up, and says so", () => {
  const { pause: _, ...few } = aHeldUp({ came: [], outageMs: 0 });
  expect(heldUpInvariants(few, facts())).toMatchObject([
    { holds: true },
    { holds: true, evidence: "too few came for one" },
  ]);
});

test.each<[string, Partial<HeldUp>, Partial<HeldUpFacts>, (string | undefined)[]]>([
  ["more came at once than rate and burst allow", { came: calls(100, 0, 300) }, {}, [rateName]],
  ["more came than the rate allows for long", { came: calls(300, 1_000, 4_900) }, {}, [rateName]],
  ["it called while it was paused", { came: calls(1, 5_500, 5_500) }, {}, [waitsName]],
  ["it could not be resumed", { failure: "The mapping is still Disabled" }, {}, [waitsName]],
  ["an order was parked for it", {}, { deadLetters: parked("good", "RETRIES_EXHAUSTED") }, [waitsName]],
  ["an order waited too long", {}, { deadLetters: parked("good", "WAITED_TOO_LONG") }, [waitsName]],
])("a breach is found: %s", (_, heldUp, more, broken) => {
  const found = heldUpInvariants(aHeldUp(heldUp), { ...facts(), ...more });
  expect(found.filter(({ holds }) => !holds).map(({ name }) => name)).toEqual(broken);
});

test.each([
  ["poison", "RETRIES_EXHAUSTED", "ShipOrder"],
  ["good", "RETRIES_EXHAUSTED", "ReserveCredit"],
  ["good", "DATA_INVALID", "ShipOrder"],
])("%s that was parked as %s by %s is not its fault", (body, reason, consumer) => {
  const found = heldUpInvariants(aHeldUp(), { ...facts(), deadLetters: parked(body, reason, consumer) });
  expect(found.filter(({ holds }) => !holds)).toEqual([]);
});

test("questions are no orders, so they are not counted against the rate", () => {
  const came = calls(100, 0, 300).map((call) => ({ ...call, method: "GET" }));
  expect(heldUpInvariants(aHeldUp({ came }), facts())[0]).toMatchObject({ holds: true });
});

function aHeldUp(changes: Partial<HeldUp> = {}): HeldUp {
  return {
    consumer: "ship-order",
    calls: "carrierUrl",
    queue: "ShipOrder",
    rate: { perSecond: 20, burst: 20 },
    came: [
      ...calls(20, 1_000, 2_000),
      ...calls(6, 2_100, 3_400).map((call) => ({ ...call, isRefused: true })),
      ...calls(31, 6_100, 7_000),
    ],
    outageMs: 1_500,
    pause: { fromMs: 5_000, untilMs: 6_000, waited: 7 },
    ...changes,
  };
}

/** Spread evenly. */
function calls(count: number, fromMs: number, untilMs: number): HeldUp["came"] {
  const everyMs = (untilMs - fromMs) / Math.max(1, count - 1);
  return Array.from({ length: count }, (_, nth) => ({
    atMs: fromMs + nth * everyMs,
    method: "POST",
    isRefused: false,
  }));
}

function facts(): HeldUpFacts {
  return { deadLetters: [], isPoison: ({ body }) => body === "poison" };
}

function parked(body: string, reason: string, consumer = "ShipOrder") {
  const MessageAttributes = { ReasonCode: { DataType: "String", StringValue: reason } };
  return deadLettersOf(consumer, [{ MessageId: "m", Body: body, MessageAttributes }]);
}
