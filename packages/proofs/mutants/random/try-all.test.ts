// The tool itself: what it says of a change is so.
import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectDirectory } from "../tree-copy.ts";
import { cover } from "./coverage.ts";
import { instrument } from "./instrument.ts";
import { type Result, tryAll } from "./try-all.ts";

const counter = `
  export const first = "first";
  export function count(items: readonly string[]) {
    let found = 0;
    while (found < items.length) found++;
    return found > 0 ? found : 0;
  }
  export function end(isAllowed: boolean) {
    if (!isAllowed) process.kill(process.pid, "SIGKILL");
  }
  export function unlocked() {
    const lock = globalThis as { locked?: boolean };
    if (lock.locked) throw new Error("locked");
    lock.locked = true;
    if (lock.locked) delete lock.locked;
  }
`;
const tests = `
  import { expect, it } from "vitest";
  import { count, end, first, unlocked } from "./counter.ts";
  it(\`\${Math.random()}\`, () => expect(count(["a", "b"])).toBe(2));
  it("is loaded", () => expect(first).toBe("first"));
  it("ends", () => end(true));
  it("unlocks", () => unlocked());
  it("is unlocked", () => unlocked());
`;

describe("a change", { timeout: 120_000 }, async () => {
  const results = await tryCounter();

  it.each([
    ["is noticed by a test whose title is another one in each run", "found > 0", "false", true],
    ["of what is read when the module loads is noticed", '"first"', '""', true],
    ["after which a loop has no end is noticed", "found++", "found--", true],
    ["that ends the process is noticed", "!isAllowed", "isAllowed", true],
    ["that locks out the next one is noticed", "lock.locked", "false", true],
    ["after which nothing differs is not noticed", "found > 0", "found >= 0", false],
    ["is not noticed for what another one left", "lock.locked", "true", true],
  ])("%s", (_, original, replacement, isNoticed) => {
    const found = results.filter(
      ({ change }) => change.original === original && change.replacement === replacement,
    );
    expect(found.map(({ noticed }) => noticed !== undefined)).toContain(isNoticed);
  });
});

async function tryCounter(): Promise<Result[]> {
  const directory = mkdtempSync(join(tmpdir(), "counter-"));
  symlinkSync(join(projectDirectory, "node_modules"), join(directory, "node_modules"));
  const file = join(directory, "counter.ts");
  writeFileSync(file, counter);
  writeFileSync(join(directory, "counter.test.ts"), tests);
  const { changes, contents } = await instrument([file]);
  writeFileSync(file, contents.get(file) ?? "");
  const place = { directory, variables: {} };
  const results: Result[] = [];
  const coverage = await cover(["counter.test.ts"], place, 1);
  await tryAll(changes, coverage, { place, workers: 1 }, (result) => results.push(result));
  return results;
}
