import { expect, it, onTestFinished, vi } from "vitest";
import { inTurn, takeTurn } from "../src/aws/turns.ts";

const inTime = () => ({ untilMs: Date.now() + 5_000 });

it("G5: work on one thing goes one after the other, in order, and work on another beside it", async () => {
  const steps: string[] = [];
  const work = (name: string) => async () => {
    steps.push(`${name} begins`);
    await new Promise(setImmediate);
    steps.push(`${name} ends`);
    return name;
  };
  const done = await Promise.all([
    inTurn("a", inTime(), work("a1")),
    inTurn("a", inTime(), work("a2")),
    inTurn("b", inTime(), work("b1")),
  ]);
  expect(done.map((one) => one?.result)).toEqual(["a1", "a2", "b1"]);
  expect(steps.indexOf("b1 begins")).toBeLessThan(steps.indexOf("a1 ends"));
  expect(steps.indexOf("a2 begins")).toBeGreaterThan(steps.indexOf("a1 ends"));
});

it("G5: a failure of one is not that of the next", async () => {
  const failing = inTurn("c", inTime(), async () => Promise.reject(new Error("no")));
  const next = inTurn("c", inTime(), async () => "done");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toEqual({ result: "done" });
});

it("G11: work that never ends blocks others no longer than its time", async () => {
  void inTurn("d", { untilMs: Date.now() + 20 }, () => new Promise(() => undefined));
  expect(await inTurn("d", inTime(), async () => "done")).toEqual({ result: "done" });
});

it("G11: work that gets no turn in time is not begun", async () => {
  let begun = false;
  void inTurn("e", inTime(), () => new Promise(() => undefined));
  const late = inTurn("e", { untilMs: Date.now() + 20 }, async () => {
    begun = true;
  });
  expect(await late).toBeUndefined();
  expect(begun).toBe(false);
});

it("G11: a turn lasts no longer than its limit, and work that got no turn in time blocks no other", async () => {
  await takeTurn("f", { ...inTime(), turnMs: 50 });
  expect(await takeTurn("f", { untilMs: Date.now() + 10 })).toBeUndefined();
  const beganAt = performance.now();
  expect(await inTurn("f", inTime(), async () => "done")).toEqual({ result: "done" });
  const waitedMs = performance.now() - beganAt;
  expect(waitedMs).toBeGreaterThan(10);
  expect(waitedMs).toBeLessThan(2_000);
});

it("G11: a turn that nobody has is there at once, also after its deadline", async () => {
  expect(await inTurn("g", { untilMs: Date.now() - 1 }, async () => "done")).toEqual({ result: "done" });
});

it("G11: a turn that has ended leaves neither its name nor a timer behind", async () => {
  const forgotten = vi.spyOn(Map.prototype, "delete");
  const cleared = vi.spyOn(globalThis, "clearTimeout");
  onTestFinished(() => void vi.restoreAllMocks());
  const end = await takeTurn("h", inTime());
  const behind = takeTurn("h", inTime());
  end?.();
  const endBehind = await behind;
  expect(forgotten).not.toHaveBeenCalledWith("h"); // somebody had it
  endBehind?.();
  await new Promise(setImmediate);
  expect(forgotten).toHaveBeenCalledWith("h");
  expect(cleared).toHaveBeenCalledTimes(3);
});
