// `npm run upgrade` in real folders: an app of one release, edited by its team, meets the next release.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copiesIn, hashOf } from "../src/upgrade/copies.ts";
import { applyRenames, compareVersions, type Rename } from "../src/upgrade/renames.ts";
import { newState, readState, stateFile, stateText } from "../src/upgrade/state.ts";
import { type InstalledRelease, upgradeApp } from "../src/upgrade/upgrade-app.ts";

const appBefore = "// the stacks\nconst app = new App();\nconst services = [\n];\nnew Relay(app);\n";
const appAfter =
  "// the stacks\nconst app = new App();\nconst services = [\n];\nnew Relay(app, { services });\n";
const before = {
  "bin/app.ts": appBefore,
  "cdk.json": '{ "app": "node bin/app.ts" }\n',
  "functions/relay/sweep.ts": "sweep one\n",
  "package.json": packageOf({ synth: "one synth", start: "one start" }, { esbuild: "1.0.0" }),
};
const after = {
  ...before,
  "bin/app.ts": appAfter,
  "cdk.json": '{ "app": "node bin/app.ts", "output": "cdk.out" }\n',
  "functions/relay/rotate-keys.ts": "rotate two\n",
  "package.json": packageOf({ synth: "two synth", start: "one start" }, { esbuild: "2.0.0" }),
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "essentially-once-upgrade-"));
  for (const [path, text] of Object.entries(before)) write(path, text);
  write(stateFile, stateText(newState("0.1.0", { template: "empty", copies: copiesOf(before) })));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe("copies that nobody has edited", () => {
  it("are mended, new ones are written, and what else package.json has stays", () => {
    const { mended, left } = upgrade(after);
    expect(left).toEqual([]);
    expect(mended).toEqual([
      "bin/app.ts",
      "cdk.json",
      "functions/relay/rotate-keys.ts",
      "package.json devDependencies esbuild",
      "package.json scripts synth",
    ]);
    expect(read("bin/app.ts")).toBe(appAfter);
    expect(read("functions/relay/rotate-keys.ts")).toBe("rotate two\n");
    expect(JSON.parse(read("package.json"))).toMatchObject({
      name: "my-queues",
      scripts: { synth: "two synth", start: "one start" },
      devDependencies: { esbuild: "2.0.0", "@essentially-once/operator": "^0.1.0" },
    });
    expect(readState(directory).release).toBe("0.2.0");
  });

  it("are removed when the release has them no longer", () => {
    const { "functions/relay/sweep.ts": _, ...without } = after;
    expect(upgrade(without).mended).toContain("functions/relay/sweep.ts");
    expect(existsSync(join(directory, "functions/relay/sweep.ts"))).toBe(false);
  });

  it("stay as they are with --dry-run", () => {
    expect(upgrade(after, { dryRun: true }).mended).toContain("bin/app.ts");
    expect(read("bin/app.ts")).toBe(appBefore);
    expect(readState(directory).release).toBe("0.1.0");
  });

  it("need nothing the second time", () => {
    upgrade(after);
    const texts = [read("bin/app.ts"), read(stateFile)];
    expect(upgrade(after)).toMatchObject({ mended: [], left: [], renamed: [], places: [] });
    expect([read("bin/app.ts"), read(stateFile)]).toEqual(texts);
  });
});

describe("copies that somebody has edited", () => {
  const edited = appBefore.replace("[\n", "[\n  new Billing(app),\n");

  it("keep the edit, and what the release changed is shown", () => {
    write("bin/app.ts", edited);
    const { mended, left } = upgrade(after);
    expect(mended).not.toContain("bin/app.ts");
    expect(left).toEqual([
      {
        key: "bin/app.ts",
        why: "you changed it, and so did the release",
        changes: [
          { sign: "-", line: "new Relay(app);" },
          { sign: "+", line: "new Relay(app, { services });" },
        ],
      },
    ]);
    expect(read("bin/app.ts")).toBe(edited);
    expect(readState(directory).release).toBe("0.1.0");
  });

  it("are left to a person until the change is in them", () => {
    write("bin/app.ts", edited);
    upgrade(after);
    expect(upgrade(after).left).toHaveLength(1);
    write("bin/app.ts", edited.replace("Relay(app)", "Relay(app, { services })"));
    expect(upgrade(after).left).toEqual([]);
    expect(readState(directory).release).toBe("0.2.0");
  });

  it("stay with --keep, until a release changes them again", () => {
    write("bin/app.ts", edited);
    expect(upgrade(after, { keep: ["bin/app.ts"] }).left).toEqual([]);
    expect(upgrade(after).left).toEqual([]);
    const later = { ...after, "bin/app.ts": appAfter.replace("// the stacks", "// all stacks") };
    expect(upgrade(later).left).toMatchObject([{ key: "bin/app.ts" }]);
    expect(read("bin/app.ts")).toBe(edited);
  });

  it("are nobody's business when the release says what it said before", () => {
    write("functions/relay/sweep.ts", "with a middleware of our own\n");
    expect(upgrade(after).left).toEqual([]);
    expect(read("functions/relay/sweep.ts")).toBe("with a middleware of our own\n");
  });

  it("stay away when their team took them out", () => {
    rmSync(join(directory, "cdk.json"));
    expect(upgrade(after).left).toEqual([]);
    expect(existsSync(join(directory, "cdk.json"))).toBe(false);
  });

  it("of a release whose texts are not known are compared with the release's", () => {
    write("bin/app.ts", edited);
    const [left] = upgrade(after, { released: {} }).left;
    expect(left?.why).toContain("from yours to its");
    expect(left?.changes).toContainEqual({ sign: "-", line: "  new Billing(app)," });
  });

  it("include one script of package.json, which keeps the others from nothing", () => {
    write("package.json", packageOf({ synth: "our synth", start: "one start" }, { esbuild: "1.0.0" }));
    const { mended, left } = upgrade(after);
    expect(left).toMatchObject([{ key: "package.json scripts synth" }]);
    expect(mended).toContain("package.json devDependencies esbuild");
    expect(JSON.parse(read("package.json")).scripts.synth).toBe("our synth");
  });

  it("of a package that the team has moved further on are right", () => {
    write("package.json", packageOf({ synth: "one synth", start: "one start" }, { esbuild: "2.1.0" }));
    expect(upgrade(after).left).toEqual([]);
    expect(JSON.parse(read("package.json")).devDependencies.esbuild).toBe("2.1.0");
  });

  it("that the release has no longer are left where they are", () => {
    const { "functions/relay/sweep.ts": _, ...without } = after;
    write("functions/relay/sweep.ts", "ours\n");
    expect(upgrade(without).left).toMatchObject([{ key: "functions/relay/sweep.ts" }]);
    expect(read("functions/relay/sweep.ts")).toBe("ours\n");
  });
});

describe("renames", () => {
  const table: readonly Rename[] = [
    { release: "0.2.0", module: "@kit/messaging/rows", name: "rows", toName: "evidenceRows" },
    { release: "0.2.0", module: "@kit/messaging/ids", toModule: "@kit/messaging/names" },
    {
      release: "0.2.0",
      module: "@kit/messaging/inline",
      name: "inline",
      option: "window",
      toOption: "entries",
    },
  ];
  const source = `import { derivedId } from "@kit/messaging/ids";
import { inline } from "@kit/messaging/inline";
import { type RowsOptions, rows } from "@kit/messaging/rows";
use(rows(), inline({ table, window: 5 }));
`;

  it("are applied to imports, and the rest of a file stays as it is", () => {
    expect(applyRenames(source, table).text).toBe(`import { derivedId } from "@kit/messaging/names";
import { inline } from "@kit/messaging/inline";
import { type RowsOptions, evidenceRows as rows } from "@kit/messaging/rows";
use(rows(), inline({ table, window: 5 }));
`);
  });

  it("twice are once", () => {
    const once = applyRenames(source, table).text;
    expect(applyRenames(once, table)).toMatchObject({ text: once, done: [] });
  });

  it("of an option name the line, for a person", () => {
    expect(applyRenames(source, table).left).toEqual([
      { line: 4, what: "the option window of inline is entries" },
    ]);
  });

  it("of a release that the app has already are not looked at", () => {
    write("lib/a.ts", source);
    expect(upgrade(before, { renames: table, release: "0.1.0" }).renamed).toEqual([]);
    const { renamed, places } = upgrade(before, { renames: table });
    expect(renamed.map(({ path }) => path)).toEqual(["lib/a.ts", "lib/a.ts"]);
    expect(places).toMatchObject([{ path: "lib/a.ts", line: 4 }]);
    expect(read("lib/a.ts")).toContain("evidenceRows as rows");
  });

  it.each([
    ["0.1.0", "0.2.0", -1],
    ["0.10.0", "0.9.9", 1],
    ["1.0.0", "1.0.0", 0],
  ])("%s against %s", (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });
});

describe("what cannot be looked at", () => {
  it("is a directory without the app's file", () => {
    rmSync(join(directory, stateFile));
    expect(() => upgrade(after)).toThrow("There is no essentially-once.json here");
  });

  it("is an app of a later release", () => {
    write(stateFile, stateText(newState("0.3.0", { template: "empty", copies: copiesOf(before) })));
    expect(() => upgrade(after)).toThrow("This app is of release 0.3.0, and 0.2.0 is installed");
  });

  it("is a copy that --keep names and nobody has", () => {
    expect(() => upgrade(after, { keep: ["bin/other.ts"] })).toThrow('must name a copy, got "bin/other.ts"');
  });

  it("ends the command with exit code 2: here, in the kit's own repository", () => {
    const { status, stderr } = spawnSync(process.execPath, ["packages/operator/src/bin.ts", "upgrade"], {
      encoding: "utf8",
    });
    expect(status).toBe(2);
    expect(stderr).toContain("a clone of the kit's repository");
  });
});

interface Given extends Partial<Pick<InstalledRelease, "released" | "renames" | "release">> {
  readonly dryRun?: boolean;
  readonly keep?: readonly string[];
}

function upgrade(texts: Readonly<Record<string, string>>, given: Given = {}) {
  const { dryRun = false, keep = [], ...release } = given;
  const copies = copiesOf(texts);
  const known = Object.fromEntries([...copiesOf(before).values()].map((text) => [hashOf(text), text]));
  const installed = { release: "0.2.0", copies: () => copies, released: known, renames: [] };
  return upgradeApp(directory, { ...installed, ...release }, { dryRun, keep });
}

function copiesOf(texts: Readonly<Record<string, string>>) {
  return copiesIn((path) => texts[path]);
}

function packageOf(scripts: Record<string, string>, devDependencies: Record<string, string>): string {
  const kit = { "@essentially-once/operator": "^0.1.0" };
  return `${JSON.stringify({ name: "my-queues", scripts, devDependencies: { ...devDependencies, ...kit } }, null, 2)}\n`;
}

function write(path: string, text: string): void {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function read(path: string): string {
  return readFileSync(join(directory, path), "utf8");
}
