import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { digestOfInputs, isKept, keep } from "../src/kept-assembly.ts";

afterEach(() => vi.unstubAllEnvs());

describe("an assembly is kept", () => {
  it("while nothing has changed", () => {
    const inputs = synthesized();
    expect(isKept(inputs)).toBe(true);
    expect(isKept(inputs)).toBe(true);
  });

  it.each<[what: string, change: (inputs: Inputs) => void]>([
    ["a file of the project changes", ({ projectDirectory }) => append(projectDirectory, "lib/a.ts")],
    ["a file is new", ({ projectDirectory }) => write(projectDirectory, "lib/b.ts")],
    ["a file is gone", ({ projectDirectory }) => rmSync(join(projectDirectory, "lib/a.ts"))],
    ["a hidden file changes", ({ projectDirectory }) => append(projectDirectory, ".settings/stage")],
    [
      "another set of packages is installed",
      ({ projectDirectory }) => append(projectDirectory, "node_modules/.package-lock.json"),
    ],
    ["a package that is linked from elsewhere changes", ({ linked }) => append(linked, "index.ts")],
    ["a file of the assembly changes", ({ assemblyDirectory }) => append(assemblyDirectory, "a.json")],
    [
      "a file of an asset is gone",
      ({ assemblyDirectory }) => rmSync(join(assemblyDirectory, "asset.1/x.mjs")),
    ],
    ["a variable of the environment changes", () => vi.stubEnv("STAGE_OF_TESTS", "other")],
  ])("no longer once %s", (_, change) => {
    const inputs = synthesized();
    change(inputs);
    expect(isKept(inputs)).toBe(false);
  });

  it("for the settings that it was made with, and no others", () => {
    const inputs = synthesized();
    expect(isKept({ ...inputs, context: { stage: "prod" } })).toBe(false);
    expect(isKept({ ...inputs, app: "node bin/other.ts" })).toBe(false);
  });

  it("not when a file changed while it was made", () => {
    const inputs = project();
    const began = digestOfInputs(inputs);
    append(inputs.projectDirectory, "lib/a.ts");
    keep(inputs, began);
    expect(isKept(inputs)).toBe(false);
  });

  it("not when there is none", () => {
    expect(isKept(project())).toBe(false);
  });
});

type Inputs = ReturnType<typeof project>;

function synthesized(): Inputs {
  const inputs = project();
  keep(inputs, digestOfInputs(inputs));
  return inputs;
}

function project() {
  const projectDirectory = mkdtempSync(join(tmpdir(), "kept-"));
  const linked = mkdtempSync(join(tmpdir(), "linked-"));
  const assemblyDirectory = join(projectDirectory, ".local-cloud/cdk.out");
  for (const file of ["lib/a.ts", ".settings/stage", "node_modules/.package-lock.json"])
    write(projectDirectory, file);
  for (const file of ["a.json", "asset.1/x.mjs"]) write(assemblyDirectory, file);
  write(linked, "index.ts");
  mkdirSync(join(projectDirectory, "node_modules/@scope"));
  symlinkSync(linked, join(projectDirectory, "node_modules/@scope/linked"));
  return { projectDirectory, assemblyDirectory, linked, context: { stage: "local" } };
}

function write(directory: string, file: string): void {
  mkdirSync(join(directory, file, ".."), { recursive: true });
  writeFileSync(join(directory, file), file);
}

function append(directory: string, file: string): void {
  appendFileSync(join(directory, file), "more");
}
