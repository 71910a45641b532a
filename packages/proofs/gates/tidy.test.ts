// Style is a test too: the planes, the one clock, the one source of ids, the bounds of a file, the ids of promises.
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

const sources = globSync("{bin,lib,functions,local,operations,bench,test}/**/*.ts").sort();
const documents = globSync("{*.md,docs/**/*.md}");
const linesMax = 250;

const planes: Readonly<Record<string, readonly string[]>> = {
  functions: ["functions"],
  lib: ["lib", "functions"],
  bin: ["lib"],
  operations: ["operations", "functions"],
  local: ["local", "functions", "operations"],
};

describe("tidy", () => {
  it("sees the sources", () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(documents).toContain("README.md");
  });

  it("each plane imports only what it may", () => {
    expect(sources.flatMap((file) => strayImports(file, readFileSync(file, "utf8")))).toEqual([]);
  });

  it("a function imports neither CDK nor the local cloud", () => {
    expect(strayImports("functions/a/b.ts", 'import { Stack } from "aws-cdk-lib";')).toHaveLength(1);
    expect(strayImports("functions/a/b.ts", 'import { x } from "../../local/cloud.ts";')).toHaveLength(1);
    expect(strayImports("functions/a/b.ts", 'import { x } from "@essentially-once/messaging/ids";')).toEqual(
      [],
    );
  });

  it("only clock.ts reads the time and only ids.ts makes ids, in what runs in AWS", () => {
    const breaches = sources
      .filter((file) => file.startsWith("functions/"))
      .filter((file) => {
        const text = readFileSync(file, "utf8");
        const clock = /Date\.now|new Date\(\)/.test(text) && !file.endsWith("/clock.ts");
        const ids = /randomUUID|createHash|\bhash\(/.test(text) && !file.endsWith("/ids.ts");
        return clock || ids;
      });
    expect(breaches).toEqual([]);
  });

  it("only two files send batch requests: each entry of an answer has a result of its own, and they read it", () => {
    const readers = ["packages/messaging/src/sqs-batch.ts", "packages/messaging/src/dynamodb-batch.ts"];
    const breaches = sources
      .filter((file) => /^(functions|operations|local|lib|bin)\//.test(file) && !readers.includes(file))
      .filter((file) => /\b(Batch\w+|\w+Batch)Command\b/.test(readFileSync(file, "utf8")));
    expect(breaches).toEqual([]);
  });

  it(`no source is longer than ${linesMax} lines`, () => {
    const long = sources.filter((file) => readFileSync(file, "utf8").split("\n").length > linesMax + 1);
    expect(long.filter((file) => !file.endsWith(".test.ts"))).toEqual([]);
  });

  it("every promise that code or tests cite is in docs/guarantees.md, and every promise there is tested", () => {
    const promised = idsIn(readFileSync("docs/guarantees.md", "utf8"), /^\| (G\d+) \|/gm);
    const cited = sources.flatMap((file) => idsIn(readFileSync(file, "utf8"), /\b(G\d+)[.:,]/g));
    expect([...new Set(cited)].filter((id) => !promised.includes(id))).toEqual([]);
    expect(promised).toEqual(Array.from({ length: 11 }, (_, index) => `G${index + 1}`));
  });

  it("every code that the functions throw or log has its cause and remedy in docs/errors.md", () => {
    const documented = readFileSync("docs/errors.md", "utf8");
    const codes = sources
      .filter((file) => file.startsWith("functions/"))
      .flatMap((file) =>
        idsIn(
          readFileSync(file, "utf8"),
          /(?:new (?:Park|RetryLater|Problem)|badRequest|log)\(\s*(?:"(?:info|warn|error)",\s*)?"([A-Z_]+)"/g,
        ),
      );
    expect(codes.length).toBeGreaterThan(10);
    expect([...new Set(codes)].filter((code) => !documented.includes(`\`${code}\``))).toEqual([]);
  });

  it("decisions have unique numbers", () => {
    const numbers = globSync("docs/adr/*.md").map((file) => /(\d{4})-/.exec(file)?.[1]);
    expect(numbers.length).toBeGreaterThan(0);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it("links between documents lead somewhere", () => {
    const broken = documents.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map(([, target = ""]) => normalize(join(dirname(file), target)))
        .filter((target) => globSync(target).length === 0)
        .map((target) => `${file} → ${target}`),
    );
    expect(broken).toEqual([]);
  });
});

function strayImports(file: string, text: string): string[] {
  const [plane = ""] = file.split("/");
  const allowed = planes[plane];
  if (!allowed) return [];
  const own = text.replace(/`(?:\\.|[^`\\])*`/gs, ""); // what a template writes is not what its file imports
  return [...own.matchAll(/from "([^"]+)"/g)]
    .map(([, target = ""]) => target)
    .filter((target) =>
      target.startsWith(".")
        ? !allowed.includes(normalize(join(dirname(file), target)).split("/")[0] ?? "")
        : ["functions", "operations"].includes(plane) && /^(aws-cdk|constructs|cdk-nag|fauxqs)/.test(target),
    )
    .map((target) => `${file} imports ${target}`);
}

function idsIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, id = ""]) => id);
}
