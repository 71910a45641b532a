// docs/ideas.md says which test shows that a failure is survived, and which fault of the explorer plays it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { faultKinds } from "@essentially-once/testing/internal/explorer/fault";
import { expect, it } from "vitest";

const rows = readFileSync("docs/ideas.md", "utf8")
  .split("\n")
  .filter((line) => /^\| (step|stage) \d/.test(line))
  .map((line) => line.split(" | "));

it("names every fault of the explorer, and no other", () => {
  const named = rows.flatMap(([, , , faults = ""]) =>
    faults.startsWith("none") ? [] : [...faults.matchAll(/`([^`]+)`/g)].map(([, fault]) => fault),
  );
  expect([...new Set(named)].sort()).toEqual([...faultKinds].sort());
});

it.each(rows.map((cells) => [`${cells[0]?.slice(2)}, ${cells[1]}`, cells.at(-1) ?? ""] as const))(
  "names a test that exists for %s",
  (_, test) => {
    const [, title = "", file = ""] = /^\[`(.+)`\]\((.+)\)/.exec(test) ?? [];
    expect(titlesIn(readFileSync(join("docs", file), "utf8"))).toContain(title);
  },
);

/** The titles of the tests in a source, as they are written there. */
function titlesIn(source: string): string[] {
  return [...source.matchAll(/\b(?:it|test)(?:\.\w+)?\([^"`]*?(["`])(.+?)\1,|^ {2,}"([^"]+)",$/gm)].map(
    ([, , title, alone]) => title ?? alone ?? "",
  );
}
