// The page of a local cloud, found where the console is installed. By Node itself: another loader has other errors.

import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("the console is found by its name, and hears events before it serves anything", () => {
  const line = '{ kind: "log", path: "Shop/Consumer", requestId: "r", line: "none of the kit" }';
  expect(run(`const page = await findPage(); page.note(${line}); console.log(typeof page.serve)`)).toBe(
    "function",
  );
});

test.each([
  ["that is not installed is no page, and no error", "@essentially-once/nothing/cloud-page", "undefined"],
  ["that is broken is an error", "data:text/javascript,throw new Error('broken')", "Error: broken"],
  ["whose imports are missing is an error", "data:text/javascript,import '@essentially-once/x'", "TypeError"],
])("a console %s", (_what, name, said) => {
  const text = `console.log(await findPage(${JSON.stringify(name)}).catch(String))`;
  expect(run(text).startsWith(said)).toBe(true);
});

function run(text: string): string {
  const program = `import { findPage } from ${JSON.stringify(import.meta.resolve("../src/page.ts"))};\n${text}`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
  });
  return `${stdout}${stderr}`.trim();
}
