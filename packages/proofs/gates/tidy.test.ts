// Style is a test too: the planes, the one clock, the one source of ids, the bounds of a file, the ids of promises.
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

const sources = globSync("{bin,lib,functions,demo,test,packages}/**/*.{ts,tsx}")
  .filter((file) => !file.includes("node_modules"))
  .sort();
const documents = globSync("{*.md,docs/**/*.md}");
const linesMax = 250;
/** A smaller bound on elapsed time measures the machine: move the clock, or count timers and requests. */
const elapsedMsMin = 4_000;
/** A test has 180 seconds: a limit of its own is for more. */
const testMsMin = 180_000;

/** What each of the app's folders and of the kit's packages may import, besides itself and what is installed. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  functions: ["messaging"],
  lib: ["functions", "constructs", "messaging"],
  bin: ["lib", "constructs"],
  demo: ["functions", "messaging", "local-cloud", "operator"],
  messaging: [],
  constructs: ["messaging"],
  operator: ["messaging"],
  "local-cloud": ["messaging", "operator"],
  console: ["messaging", "operator", "local-cloud"],
  testing: ["messaging", "constructs", "local-cloud", "operator"],
};

/** The rooms of packages, each of which imports only those before it, but for types. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  messaging: [
    "core",
    "envelope",
    "observe",
    "aws",
    "commit",
    "limit",
    "schedule",
    "origin",
    "trust",
    "receive",
    "process",
    "pull",
    "publish",
  ],
  constructs: ["config", "bundle", "constructs", "stacks", "rules"],
  operator: [
    "terminal",
    "connect",
    "dead-letters",
    "journal",
    "outbox",
    "schedules",
    "routes",
    "consumers",
    "evidence",
    "deploy",
    "scaffold",
    "upgrade",
    "", // the commands
  ],
  "local-cloud": [
    "model",
    "permissions",
    "engines",
    "resources",
    "provision",
    "mappings",
    "runtime",
    "urls",
    "",
    "pull",
    "trial",
  ],
  console: ["api", "page", "data", "server", ""],
  testing: ["support", "explorer", ""],
};

/** What would weigh in every Lambda function, or has no business there. */
const notInFunctions = /^(aws-cdk|constructs$|cdk-nag|fauxqs|preact|@preact|@dagrejs)/;

describe("tidy", () => {
  it("sees the sources", () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(documents).toContain("README.md");
  });

  it("each folder and each package imports only what it may", () => {
    expect(sources.flatMap((file) => strayImports(file, readFileSync(file, "utf8")))).toEqual([]);
  });

  it.each(Object.keys(rooms))("the rooms of %s import in one direction", (name) => {
    const files = sources.filter((file) => file.startsWith(`packages/${name}/src/`));
    expect(new Set(files.map(roomOf))).toEqual(new Set(rooms[name]));
    expect(files.flatMap((file) => wrongWay(file, readFileSync(file, "utf8")))).toEqual([]);
    const [first, last] = [rooms[name]?.at(0), rooms[name]?.at(-1)];
    const upwards = `import { x } from "../${last}/x.ts";`;
    expect(wrongWay(`packages/${name}/src/${first}/y.ts`, upwards)).toHaveLength(1);
  });

  it("a function imports neither CDK nor the local cloud", () => {
    expect(strayImports("functions/a/b.ts", 'import { Stack } from "aws-cdk-lib";')).toHaveLength(1);
    for (const [target, strays] of [
      ["@essentially-once/local-cloud/cloud", 1],
      ["../../packages/local-cloud/src/cloud.ts", 1],
      ["@essentially-once/console/cloud-page", 1],
      ["@essentially-once/messaging/ids", 0],
    ] as const) {
      expect(strayImports("functions/a/b.ts", `import { x } from "${target}";`)).toHaveLength(strays);
    }
  });

  it("only clock.ts reads the time and only ids.ts makes ids, in what runs in AWS", () => {
    const breaches = sources.filter(runsInAws).filter((file) => {
      const text = readFileSync(file, "utf8");
      const clock = /Date\.now|new Date\(\)/.test(text) && !file.endsWith("/clock.ts");
      const ids = /randomUUID|createHash|\bhash\(/.test(text) && !file.endsWith("/ids.ts");
      return clock || ids;
    });
    expect(breaches).toEqual([]);
  });

  it("only three files send batch requests: each entry of an answer has a result of its own, and they read it", () => {
    const readers = [
      "packages/messaging/src/aws/sqs-batch.ts",
      "packages/messaging/src/aws/dynamodb-batch.ts",
      "packages/messaging/src/aws/statement-batch.ts",
    ];
    const breaches = sources
      .filter((file) => !isProof(file) && !readers.includes(file))
      .filter((file) => /\b(Batch\w+|\w+Batch)Command\b/.test(readFileSync(file, "utf8")));
    expect(breaches).toEqual([]);
  });

  it("no test fails because a busy machine takes some seconds more", () => {
    const elapsed = /expect\((?:Date|performance)\.now\(\) - \w+\)\.toBeLessThan\(([\d_]+)\)/g;
    const ownLimit = /^\s*\}, ([\d_]{4,})\);$/gm;
    const tight = sources.flatMap((file) => {
      const text = readFileSync(file, "utf8");
      const limits = file.endsWith(".test.ts") ? below(testMsMin, text.matchAll(ownLimit)) : [];
      return [...below(elapsedMsMin, text.matchAll(elapsed)), ...limits].map((found) => `${file}: ${found}`);
    });
    expect(tight).toEqual([]);
  });

  it(`no source is longer than ${linesMax} lines`, () => {
    const long = sources.filter((file) => readFileSync(file, "utf8").split("\n").length > linesMax + 1);
    expect(long.filter((file) => !file.endsWith(".test.ts"))).toEqual([]);
  });

  it("every promise that code or tests cite is in docs/guarantees.md, and every promise there is tested", () => {
    const promised = idsIn(readFileSync("docs/guarantees.md", "utf8"), /^\| (G\d+) \|/gm);
    const cited = sources.flatMap((file) => idsIn(readFileSync(file, "utf8"), /\b(G\d+)[.:,]/g));
    expect([...new Set(cited)].filter((id) => !promised.includes(id))).toEqual([]);
    const numbers = promised.map((id) => Number(id.slice(1)));
    expect(numbers.length).toBeGreaterThan(10);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it("every code that the functions throw or log has its cause and remedy in docs/errors.md", () => {
    const documented = readFileSync("docs/errors.md", "utf8");
    const codes = sources
      .filter(runsInAws)
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

function runsInAws(file: string): boolean {
  return /^(functions|packages\/messaging\/src)\//.test(file);
}

/** Tests, and code that only tests and maintainers run. */
function isProof(file: string): boolean {
  return /^(test|demo|packages\/(bench|proofs|testing|[^/]+\/(test|browser)))\//.test(file);
}

function strayImports(file: string, text: string): string[] {
  const owner = ownerOf(file);
  const others = allowed[owner];
  if (others === undefined || /^packages\/[^/]+\/(test|browser)\//.test(file)) return [];
  const own = text.replace(/`(?:\\.|[^`\\])*`/gs, ""); // what a template writes is not what its file imports
  return [...own.matchAll(/from "([^"]+)"/g)]
    .map(([, target = ""]) => target)
    .filter((target) => {
      const [, name] = /^@essentially-once\/([^/]+)/.exec(target) ?? [];
      const from =
        name ?? (target.startsWith(".") ? ownerOf(normalize(join(dirname(file), target))) : undefined);
      if (from !== undefined) return from !== owner && !others.includes(from);
      return ["functions", "messaging", "operator"].includes(owner) && notInFunctions.test(target);
    })
    .map((target) => `${file} imports ${target}`);
}

/** The folder below `src`; empty for a file directly in `src`. */
function roomOf(file: string): string {
  return /^packages\/[^/]+\/src\/(?:([^/]+)\/)?/.exec(file)?.[1] ?? "";
}

function wrongWay(file: string, text: string): string[] {
  const order = rooms[ownerOf(file)] ?? [];
  const own = text.replace(/`(?:\\.|[^`\\])*`/gs, "");
  return [...own.matchAll(/\b(import|export)( type)?\b(?:[^;"]*from )?\(?"(\.[^"]+)"/g)]
    .filter(([, , type]) => type === undefined)
    .map(([, , , target = ""]) => normalize(join(dirname(file), target)))
    .filter((target) => order.indexOf(roomOf(target)) > order.indexOf(roomOf(file)))
    .map((target) => `${file} imports ${target}`);
}

/** The package, or the folder of the app, that a file belongs to. */
function ownerOf(file: string): string {
  const [folder = "", name = ""] = file.split("/");
  return folder === "packages" ? name : folder;
}

function idsIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, id = ""]) => id);
}

function below(msMin: number, found: Iterable<RegExpMatchArray>): string[] {
  return [...found]
    .filter(([, ms = ""]) => Number(ms.replaceAll("_", "")) < msMin)
    .map(([text]) => text.trim());
}
