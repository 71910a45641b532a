// A rate and a breaker in virtual time, in front of an API that counts its requests.
import { expect, it } from "vitest";
import { runHotKey } from "../hot-key/hot-key.ts";

const environment = { LIMITS: "api" };

it("G13: ten environments share a rate: never more, hardly less, nothing parked, two receives a message", async () => {
  const callsMs: number[] = [];
  const { parked, receives, seconds } = await runHotKey(
    {
      handler: "limits/handlers/rate.ts",
      messages: 1_000,
      environments: 10,
      attemptsMax: 2,
      environment,
      api({ atMs }) {
        callsMs.push(atMs);
        return new Response("{}");
      },
    },
    async (_, figures) => figures,
  );
  console.log(callsMs.length, most(callsMs, 1_000), receives, seconds, parked.length);
  expect(callsMs).toHaveLength(1_000);
  expect(most(callsMs, 1_000)).toBeLessThanOrEqual(20 + 20);
});

it("G6, G13: a carrier that is down for twenty minutes parks nothing, and the catch-up keeps to the rate", async () => {
  const callsMs: number[] = [];
  const upMs = 20 * 60_000;
  const { parked, receives, receivesMax, seconds, logs } = await runHotKey(
    {
      handler: "limits/handlers/breaker.ts",
      messages: 300,
      environments: 4,
      attemptsMax: 2,
      environment,
      api({ atMs }) {
        callsMs.push(atMs);
        return new Response("{}", { status: atMs < upMs ? 503 : 200 });
      },
    },
    async (_, figures) => figures,
  );
  const down = callsMs.filter((at) => at < upMs).length;
  console.log(callsMs.length, down, most(callsMs, 1_000), receives, receivesMax, seconds, parked);
  console.log(
    logs
      .filter(({ code }) => String(code).startsWith("BREAKER"))
      .map(({ code, openMs, openings, openedMs }) => JSON.stringify({ code, openMs, openings, openedMs }))
      .join("\n"),
  );
  expect(parked).toEqual([]);
});

/** In any window of so many milliseconds. */
function most(timesMs: readonly number[], windowMs: number): number {
  const times = [...timesMs].sort((a, b) => a - b);
  return Math.max(
    ...times.map((from, index) => times.slice(index).filter((at) => at < from + windowMs).length),
  );
}
