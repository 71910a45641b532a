import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, describe, expect, test, vi } from "vitest";
import { loadBundles } from "../../src/bundle/load-bundles.ts";
import { writeBundle } from "../../src/bundle/make-bundle.ts";

vi.mock("node:child_process", { spy: true });

const root = fileURLToPath(new URL("../../../../", import.meta.url));
// Below the project, where a handler finds the packages that it imports.
const scratch = mkdtempSync(join(root, ".load-test-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const popular = ["pg", "axios", "jsonwebtoken", "debug", "iconv-lite"];
let made = 0;

function bundled(source: string): string {
  const name = `handler-${made++}`;
  writeFileSync(join(scratch, `${name}.ts`), source);
  const directory = mkdtempSync(join(tmpdir(), "load-test-"));
  writeBundle(relative(root, join(scratch, `${name}.ts`)), directory);
  return directory;
}

function load(directory: string, environment: Record<string, string> = {}) {
  const nonce = { NONCE: String(made++) }; // nothing is answered from the cache
  return loadBundles([{ directory, handler: "index.handler", environment: { ...nonce, ...environment } }])[0];
}

/** A package of CommonJS files, which a handler finds below its own directory. */
function aPackage(name: string, index: string): string {
  const directory = join(scratch, "node_modules", name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "package.json"), "{}"); // CommonJS
  writeFileSync(join(directory, "index.js"), index);
  return `import * as it from "${name}";\nexport const handler = async () => it;\n`;
}

describe.each(popular)("a handler with the CommonJS package %s", (name) => {
  const directory = bundled(
    `import * as it from "${name}";\nexport const handler = async () => typeof it;\n`,
  );

  test("loads as it is deployed", () => {
    expect(load(directory)).toBeUndefined();
  });

  test("is caught, with the package's name, when the bundle lacks `require`", () => {
    for (const file of readdirSync(directory).filter((each) => each.endsWith(".mjs"))) {
      const text = readFileSync(join(directory, file), "utf8");
      const fix = 'process.getBuiltinModule("node:module").createRequire(import.meta.url)';
      writeFileSync(join(directory, file), text.replaceAll(fix, "undefined".padEnd(fix.length)));
    }
    expect(load(directory)).toEqual({
      message: expect.stringContaining("Dynamic require of"),
      package: expect.any(String),
    });
  });
});

test("a package that is loaded lazily has its `require` too", async () => {
  const directory = bundled('export const handler = async () => typeof (await import("pg")).Pool;\n');
  const { handler } = await import(pathToFileURL(join(directory, "index.mjs")).href);
  expect(await handler()).toBe("function");
});

test("__dirname and __filename are those of the deployed file, where nothing else lies", () => {
  const source = aPackage(
    "says-where",
    `if (!__filename.endsWith("index.mjs") || !__filename.startsWith(__dirname)) throw new Error(__filename);
     if (require("node:fs").readdirSync(__dirname).some((file) => !file.startsWith("index.mjs"))) throw new Error("more");`,
  );
  expect(load(bundled(source))).toBeUndefined();
});

test("lines of a bundle with a `require` are still those of the source", () => {
  const source = aPackage("throws-late", `require("node:fs");\n\nthrow new Error("line three");\n`);
  expect(load(bundled(source))).toEqual({ message: "line three", package: "throws-late" });
});

describe("what does not load is said", () => {
  test.each([
    ["reads a file beside itself", 'require("node:fs").readFileSync(__dirname + "/data.txt");', /ENOENT/],
    [
      "asks for a package by a name made at run time",
      'require(["not", "there"].join("-"));',
      /Cannot find module 'not-there'/,
    ],
    [
      "finds the project's packages, which are not deployed",
      'require(["es", "build"].join(""));',
      /Cannot find module 'esbuild'/,
    ],
    [
      "uses the network",
      'require("node:http").get("http://127.0.0.1:9");',
      /uses the network while it loads/,
    ],
    ["ends the process", "process.exit(7);", /ended \(7\)/],
    ["leaves a promise that fails", 'Promise.reject(new Error("left alone"));', /left alone/],
  ])("of a package that %s", (what, code, message) => {
    const name = `at-fault-${made++}`;
    expect(load(bundled(aPackage(name, `exports.it = 1;\n${code}`)))?.message, what).toMatch(message);
  });

  test("of a variable that is not in the environment", () => {
    const directory = bundled(
      `if (!process.env.NEEDED) throw new Error("NEEDED is missing");\nexport const handler = async () => 1;\n`,
    );
    expect(load(directory)).toEqual({ message: "NEEDED is missing" });
    expect(load(directory, { NEEDED: "here" })).toBeUndefined();
  });

  test("of a file that waits for itself", () => {
    writeFileSync(
      join(scratch, "later.ts"),
      'import { shared } from "./shared.ts";\nexport const later = shared;\n',
    );
    writeFileSync(join(scratch, "shared.ts"), "export const shared = { value: 1 };\n");
    const source = `import { shared } from "./shared.ts";
      const { later } = await import("./later.ts");
      export const handler = async () => later === shared;\n`;
    expect(load(bundled(source))?.message).toMatch(/unsettled top-level await/);
  });

  test("of a file without a handler", () => {
    expect(load(bundled("export const other = 1;\n"))?.message).toBe(
      "index exports no function handler; it exports: other",
    );
  });
});

test("a package with native code is refused with its file and the way out", () => {
  const source = aPackage("native", 'module.exports = require("./build/addon.node");');
  mkdirSync(join(scratch, "node_modules/native/build"));
  writeFileSync(join(scratch, "node_modules/native/build/addon.node"), "");
  expect(() => bundled(source)).toThrow(/native\/build\/addon\.node[\s\S]*Lambda layer/);
});

test("a bundle that has loaded is not loaded again until its environment changes; one that has not is", () => {
  const environment = { ONCE: crypto.randomUUID() };
  const directory = bundled(
    'if (process.env.BROKEN) throw new Error("broken");\nexport const handler = async () => 1;\n',
  );
  const good = { directory, handler: "index.handler", environment };
  const bad = { ...good, environment: { ...environment, BROKEN: "yes" } };
  for (const _ of ["first", "again"])
    expect(loadBundles([good, bad])).toEqual([undefined, { message: "broken" }]);
  vi.mocked(spawnSync).mockClear();
  expect(loadBundles([good])).toEqual([undefined]);
  expect(spawnSync).not.toHaveBeenCalled();
});
