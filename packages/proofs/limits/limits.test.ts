// A rate and a breaker in virtual time, in front of an API that counts its requests.
import { expect, it } from "vitest";
import { type HotKey, runHotKey } from "../hot-key/hot-key.ts";

const perSecond = 20;
const burst = 20;

it("G13: ten environments share a rate: never more, hardly less, nothing parked, two receives a message", async () => {
  const { callsMs, parked, receives, receivesMax } = await run({
    handler: "limits/handlers/rate.ts",
    messages: 1_000,
    environments: 10,
    attemptsMax: 2,
  });
  expect(callsMs).toHaveLength(1_000);
  for (const seconds of [1, 5, 20])
    expect(most(callsMs, seconds * 1_000)).toBeLessThanOrEqual(perSecond * seconds + burst);
  const lastMs = Math.max(...callsMs);
  expect((1_000 / lastMs) * 1_000).toBeGreaterThanOrEqual(0.9 * perSecond);
  expect(parked).toEqual([]);
  expect(receives).toBeLessThanOrEqual(2 * 1_000);
  expect(receivesMax).toBe(2);
});

it("G6, G13: a carrier that is down for twenty minutes parks nothing, and the catch-up keeps to the rate", async () => {
  const upMs = 20 * 60_000;
  const { callsMs, parked, seconds, logs } = await run(
    { handler: "limits/handlers/breaker.ts", messages: 100, environments: 4, attemptsMax: 2 },
    (atMs) => atMs >= upMs,
  );
  const [down, up] = [callsMs.filter((atMs) => atMs < upMs), callsMs.filter((atMs) => atMs >= upMs)];
  expect(parked).toEqual([]);
  expect(down.length).toBeLessThanOrEqual(65); // forty until it opens, and three probes or a few more for each opening
  expect(up).toHaveLength(100);
  expect(most(up, 1_000)).toBeLessThanOrEqual(perSecond + burst);
  expect(seconds * 1_000 - upMs).toBeLessThan(15 * 60_000); // five minutes at most until a probe, and as long again for all
  expect(logs.filter(({ code }) => code === "BREAKER_OPENED").map(({ openSeconds }) => openSeconds)).toEqual([
    30, 60, 120, 240, 300, 300, 300,
  ]);
  expect(logs.filter(({ code }) => code === "BREAKER_CLOSED")).toHaveLength(1);
});

async function run(plan: HotKey, isUp: (atMs: number) => boolean = () => true) {
  const callsMs: number[] = [];
  const api = ({ atMs }: { readonly atMs: number }) => {
    callsMs.push(atMs);
    return new Response("{}", { status: isUp(atMs) ? 200 : 503 });
  };
  const limited = { ...plan, overlapping: true, environment: { LIMITS: "api" }, api };
  return runHotKey(limited, async (_, figures) => ({ ...figures, callsMs }));
}

/** In any window of so many milliseconds. */
function most(timesMs: readonly number[], windowMs: number): number {
  const times = [...timesMs].sort((a, b) => a - b);
  let from = 0;
  return Math.max(
    ...times.map((atMs, index) => {
      while ((times[from] ?? 0) <= atMs - windowMs) from++;
      return index - from + 1;
    }),
  );
}
