import { expect, it } from "vitest";
import { repeatInTurn } from "../src/commit/lost-race.ts";
import { newId } from "../src/core/ids.ts";
import { RetryLater, StateMoved } from "../src/core/outcome.ts";

const first = new StateMoved("an item");
const inSeconds = (seconds: number) => Date.now() + seconds * 1_000;

it("runs again until it wins", async () => {
  let runs = 0;
  const run = async () => {
    if (++runs < 3) throw first;
    return runs;
  };
  expect(await repeatInTurn(run, { first, item: newId(), deadlineMs: inSeconds(5) })).toBe(3);
});

it("G5: of one process one message at a time runs for an item", async () => {
  let running = 0;
  let most = 0;
  const item = newId();
  const run = async () => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
  };
  const options = { first, item, deadlineMs: inSeconds(5) };
  await Promise.all([repeatInTurn(run, options), repeatInTurn(run, options), repeatInTurn(run, options)]);
  expect(most).toBe(1);
});

it.each([
  [first, "CONTENDED"],
  [new StateMoved("an item", "TransactionConflict"), "TransactionConflict"],
])("G6, G11: losing every race is a wait, and ends after half of its time: %s", async (lost, code) => {
  const run = async () => Promise.reject(lost);
  const beganAt = Date.now();
  const end = repeatInTurn(run, { first: lost, item: newId(), deadlineMs: inSeconds(1) });
  await expect(end).rejects.toMatchObject({ code, waited: true });
  expect(Date.now() - beganAt).toBeLessThan(900);
});

it("G4: a message that still waits for its predecessor returns to the queue with that wait as its error", async () => {
  const early = new RetryLater("SEQUENCE_AHEAD", 1, { waited: true, soonMs: 20 });
  const run = async () => Promise.reject(early);
  const end = repeatInTurn(run, { first: early, item: newId(), deadlineMs: inSeconds(0.5) });
  await expect(end).rejects.toBe(early);
});

it("G4: behind a line that moves it stays, and behind one that stands it does not wait here", async () => {
  const early = (ahead: number) => new RetryLater("SEQUENCE_AHEAD", 1, { waited: true, soonMs: 1, ahead });
  let line = 9;
  const moving = async () => {
    if (--line > 0) throw early(line);
    return "done";
  };
  const times = { first: early(9), item: newId(), deadlineMs: inSeconds(60) };
  expect(await repeatInTurn(moving, times)).toBe("done");
  let runs = 0;
  const standing = async () => {
    runs++;
    throw early(9);
  };
  await expect(repeatInTurn(standing, times)).rejects.toMatchObject({ code: "SEQUENCE_AHEAD" });
  expect(runs).toBe(3);
});

it("what fails for another reason fails at once", async () => {
  const run = async () => Promise.reject(new RetryLater("NOT_NOW"));
  const end = repeatInTurn(run, { first, item: newId(), deadlineMs: inSeconds(5) });
  await expect(end).rejects.toMatchObject({ code: "NOT_NOW", waited: false });
});
