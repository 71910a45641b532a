import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const sources = new URL("../../src/bundle/", import.meta.url).href;

/** Asks for each bundle in turn, in an app of these files. */
function synthesis(files: Record<string, string>, asked: readonly string[]) {
  const app = mkdtempSync(join(tmpdir(), "ahead-test-"));
  for (const [path, text] of Object.entries({ "cdk.json": "{}", ...files })) {
    mkdirSync(dirname(join(app, path)), { recursive: true });
    writeFileSync(join(app, path), text);
  }
  const script = `
    import "${sources}begin.ts";
    import { mkdirSync } from "node:fs";
    const { writeBundle } = await import("${sources}make-bundle.ts");
    for (const [nth, file] of ${JSON.stringify(asked)}.entries()) {
      mkdirSync("out-" + nth);
      try { writeBundle(file, "out-" + nth); } catch (error) { console.log(String(error)); }
    }`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: app,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return { said: stdout, has: (nth: number) => existsSync(join(app, `out-${nth}/index.mjs`)) };
}

const handler = "export const handler = async () => 1;\n";

describe("bundles that are made ahead", () => {
  test("are taken, and what cannot be made is said of the one that was asked for", () => {
    const { said, has } = synthesis(
      {
        "functions/a/broken.ts": `import "./absent.ts";\n${handler}`,
        "functions/a/good.ts": handler,
        "functions/a/never-asked-for.ts": `import "./absent.ts";\n${handler}`,
      },
      ["functions/a/good.ts", "functions/a/broken.ts"],
    );
    expect([has(0), has(1)]).toEqual([true, false]);
    expect(said).toContain("absent.ts");
    expect(said).not.toContain("never-asked-for");
  });

  test("are not waited for when the file is not among them", () => {
    const { has } = synthesis({ "elsewhere/one.ts": handler, "functions/a/good.ts": handler }, [
      "elsewhere/one.ts",
    ]);
    expect(has(0)).toBe(true);
  });
});
