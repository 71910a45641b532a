import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext } from "@essentially-once/testing/lambda";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { setClock } from "../src/core/clock.ts";
import { currentInvocation, type Invocation } from "../src/observe/scope.ts";
import type { Sink } from "../src/observe/sink.ts";

let observed: typeof import("../src/receive/observed.ts").observed;

beforeAll(async () => {
  ({ observed } = await import("../src/receive/observed.ts"));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.resetModules();
  setClock(Date.now)();
});

const remaining = (ms: number) => ({ ...aContext(), getRemainingTimeInMillis: () => ms });

describe("an invocation", () => {
  it("has its name and id, the first sink of its middlewares, and ends with it", async () => {
    const steps: string[] = [];
    const sink: Sink = {
      begin: () => void steps.push("begin"),
      end: () => void steps.push(`end ${seen?.ended}`),
      counts: () => void steps.push(`counts ${seen?.ended}`),
    };
    let seen: Invocation | undefined;
    const services: string[] = [];
    const sinkFor = (service: string) => {
      services.push(service);
      return sink;
    };
    const handler = observed("told", [{}, { sinkFor }, { sinkFor: () => ({}) }], async (event: string) => {
      seen = currentInvocation();
      seen?.counts.set("Told", 1);
      steps.push(`handler ${seen?.ended}`);
      if (event === "fails") throw new TypeError("no");
      return event;
    });
    const context = aContext();
    expect(await handler("event", context)).toBe("event");
    expect(services).toEqual(["told"]);
    expect(seen).toMatchObject({ service: "told", requestId: context.awsRequestId, sink });
    expect(seen?.messages).toEqual(new Set());
    expect(steps).toEqual(["begin", "handler false", "counts true", "end true"]);
    await expect(handler("fails", context)).rejects.toThrow("no");
    expect(steps.slice(4)).toEqual(["begin", "handler false", "counts true", "end true"]);
  });

  it.each([
    ["on-demand", [true, false]],
    ["provisioned-concurrency", [false, false]],
  ])("of a function that starts with %s waited for the start: %j", async (type, expected) => {
    vi.stubEnv("AWS_LAMBDA_INITIALIZATION_TYPE", type);
    vi.stubEnv("POWERTOOLS_SERVICE_NAME", "given");
    vi.resetModules();
    const [anew, scope] = [
      await import("../src/receive/observed.ts"),
      await import("../src/observe/scope.ts"),
    ];
    const handler = anew.observed("told", [], async () => scope.currentInvocation());
    const found = [await handler({}, aContext()), await handler({}, aContext())];
    expect(found.map((invocation) => invocation?.coldStart)).toEqual(expected);
    expect(found[0]?.service).toBe("given");
  });

  it("G11: that runs into its deadline says so a moment before, and one that ends says nothing", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let nowMs = 1_000;
    setClock(() => nowMs);
    const held = Promise.withResolvers<void>();
    const handler = observed("told", [], () => held.promise);
    const lines = await linesOf(async () => {
      const running = handler({}, remaining(5_000));
      vi.advanceTimersByTime(4_899);
      nowMs += 4_900;
      held.resolve();
      await running;
      vi.advanceTimersByTime(10_000);
    });
    expect(lines).toEqual([]);
    const missed = async (ms: number, afterMs: number) => {
      const hanging = Promise.withResolvers<void>();
      const slow = observed("told", [], () => hanging.promise);
      const found = await linesOf(async () => {
        const running = slow({}, remaining(ms));
        nowMs += afterMs;
        vi.advanceTimersByTime(afterMs);
        hanging.resolve();
        await running;
      });
      return found.filter(({ code }) => code === "DEADLINE_MISSED");
    };
    expect(await missed(5_000, 4_900)).toMatchObject([{ level: "ERROR", ranMs: 4_900 }]);
    expect(await missed(5_000, 4_899)).toEqual([]);
    expect(await missed(50, 2)).toHaveLength(1);
  });
});
