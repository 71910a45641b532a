// How a user proves a handler: the example of docs/guarantees.md runs here as it is printed; and handlers that are wrong
// on purpose, to see that they are caught and what is said of them. What README.md prints is held to the sample.
import { globSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { exploreCrashes } from "@essentially-once/testing/explore-crashes";
import { describe, expect, it } from "vitest";
import { bodiesOf } from "./scenarios/deposits.ts";

const printed = examplesIn("docs/guarantees.md");

describe("the example as it is printed", async () => {
  it("is printed once", () => expect(printed).toHaveLength(1));

  await import(asTestOfTheProject(printed[0] ?? ""));
});

describe("README.md", () => {
  const readme = readFileSync("README.md", "utf8");

  it("fits in 150 lines and shows a consumer of the sample as it is", () => {
    expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(150);
    const shown = blocksIn(readme);
    expect(shown).toHaveLength(1);
    expect(readFileSync("functions/credit/reserve-credit.ts", "utf8")).toContain(shown[0]);
  });

  it("shows lines that the demo prints", () => {
    const demo = globSync(["demo/*.ts", "packages/local-cloud/src/trial/account/*.ts"]).map((file) =>
      readFileSync(file, "utf8"),
    );
    const shown = [...readme.matchAll(/^✓ (.+)$/gm)].map(([, line = ""]) => line);
    expect(shown.length).toBeGreaterThan(3);
    const isPrinted = (line: string) =>
      beginningsOf(line).some((label) => demo.join("\n").includes(`"${label}"`));
    expect(shown.filter((line) => !isPrinted(line))).toEqual([]);
  });

  it("links each page once", () => {
    const pages = globSync("docs/*.md").sort();
    const links = [...readme.matchAll(/\]\((docs\/[^)#]+\.md)\)/g)].map(([, page = ""]) => page);
    expect(links.filter((page) => pages.includes(page)).sort()).toEqual(pages);
  });
});

describe("exploreCrashes", () => {
  it("G2: finds an effect beside the unit of work that no invariant asks for, and says whose message, which line", async () => {
    const wrong = exploreCrashes("packages/proofs/scenarios/handlers/effect-beside.ts", {
      tables: { ACCOUNTS_TABLE: {} },
      messages: (id) => bodiesOf(id, [{ account: id, amount: 5 }]),
      invariant: async (sandbox, id) => expect(await sandbox.get("ACCOUNTS_TABLE", id)).toBeDefined(),
    });
    const report = await wrong.then(() => "nothing is wrong", String);
    const line = lineOf("packages/proofs/scenarios/handlers/effect-beside.ts", "await dynamodb().send(");
    expect(report).toMatch(/^Error: [^\n]*the response to the 1st\n {2}UpdateItem is lost\n/);
    expect(report).toMatch(
      new RegExp(`\\n {2}✗ G2: UpdateItem accounts-table at\\n +${line} happened 2 times`),
    );
    expect(report).toMatch(
      /\n {2}message \w+-1 \(explored\.deposited\.v1\): acknowledged after 1 delivery\n/,
    );
    expect(report).toMatch(new RegExp(`\\n {2}→ effect-beside: UpdateItem accounts-table #1\\n +${line}\\n`));
    expect(report).toMatch(/\n {4}effect-beside, the kit: TransactWriteItems #1\n/);
    expect(longestLine(report)).toBeLessThanOrEqual(80);
  });

  it("says with which code a message was parked", async () => {
    const wrong = exploreCrashes("functions/credit/reserve-credit.ts", {
      tables: { CREDIT_TABLE: {} },
      guarded: true,
      messages: (id) => bodiesOf(id, [{ account: id, amount: 5 }]),
      invariant: async (sandbox, id) => expect(await sandbox.get("CREDIT_TABLE", id)).toBeDefined(),
    });
    const report = await wrong.then(() => "nothing is wrong", String);
    expect(report).toMatch(
      /message \w+-1 \(explored\.deposited\.v1\): parked with TYPE_UNKNOWN after 1\n? +delivery/,
    );
    expect(longestLine(report)).toBeLessThanOrEqual(80);
  });
});

/** The blocks that call `exploreCrashes`. */
function examplesIn(path: string): string[] {
  return blocksIn(readFileSync(path, "utf8")).filter((block) => block.includes("exploreCrashes("));
}

function blocksIn(document: string): string[] {
  return [...document.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = ""]) => block);
}

/** Writes it where its first line says, in a project of links to this one; what it imports is what is here. */
function asTestOfTheProject(example: string): string {
  const [, path = "there is no path"] = /^\/\/ (test\/\S+\.test\.ts)\n/.exec(example) ?? [];
  const project = mkdtempSync(join(tmpdir(), "printed-"));
  mkdirSync(join(project, path, ".."), { recursive: true });
  for (const there of ["functions", "node_modules"]) {
    symlinkSync(resolve(there), join(project, there));
  }
  writeFileSync(join(project, path), example);
  return join(project, path);
}

function lineOf(path: string, text: string): string {
  const nth = readFileSync(path, "utf8")
    .split("\n")
    .findIndex((line) => line.includes(text));
  return `${path}:${nth + 1}`;
}

/** Of an error as a text, which begins with its name. */
function longestLine(text: string): number {
  return Math.max(
    ...text
      .replace("Error: ", "")
      .split("\n")
      .map(({ length }) => length),
  );
}

/** A line is a label, and a colon and a detail where there is room for one; a label may have a colon, too. */
function beginningsOf(line: string): string[] {
  const parts = line.split(": ");
  return parts.map((_, index) => parts.slice(0, index + 1).join(": "));
}
