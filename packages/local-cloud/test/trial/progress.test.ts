import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { type Snapshot, showProgress } from "../../src/trial/look/progress.ts";
import { startTally } from "../../src/trial/look/tally.ts";

test("in a terminal the picture is drawn over itself, and a step stays above it", () => {
  const { stream, text } = screen({ isTTY: true });
  const progress = showProgress(stream);
  progress.step("Placing");
  progress.show(at(1));
  progress.show(at(2));
  const shown = text();
  const pictures = shown.split("\u001b[J");
  expect(pictures).toHaveLength(2);
  expect(pictures[0]).toMatch(/^Placing\n/);
  expect(pictures[1]).toContain("3 of 6 orders answered, 2 s");
  for (const line of shown.split("\n")) expect(line.length).toBeLessThan(80 + 8);
});

test("what was drawn goes at the end: the account says it all", () => {
  const { stream, text } = screen({ isTTY: true });
  const progress = showProgress(stream);
  progress.show(at(1));
  progress.end();
  expect(text().endsWith("\u001b[J")).toBe(true);
});

test("elsewhere it is a line now and then, of less than 80 columns, and an hour is told in eight of them", () => {
  const { stream, text } = screen({ isTTY: false });
  const progress = showProgress(stream);
  for (let seconds = 0; seconds <= 3_600; seconds += 0.5) {
    if (progress.isDue(seconds)) progress.show(at(seconds));
  }
  const lines = text().trimEnd().split("\n");
  expect(lines).toHaveLength(7);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(80);
  expect(lines.join("")).not.toContain("\u001b");
});

function at(seconds: number): Snapshot {
  const depths = [{ consumer: "ShipOrder", visible: 1, inFlight: 2, delayed: 0, dead: 3 }];
  return { seconds, sends: "orders", answered: 3, count: 6, depths, counts: startTally().counts };
}

function screen({ isTTY }: { isTTY: boolean }) {
  const through = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  return { stream: through as unknown as NodeJS.WriteStream, text: () => String(through.read() ?? "") };
}
