// The protocol with the CDK's command, which a program of ours stands for: what is written when, and how it ended.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "@essentially-once/testing/internal/support/local-function";
import { expect, onTestFinished, test } from "vitest";
import { isKept } from "../src/kept-assembly.ts";
import { SynthesisFailed, synthesizeChanged } from "../src/synthesize.ts";

test("the assembly may be used once it is written whole, while the stacks are being checked", async () => {
  const { options, go } = synthesizing({ thenExits: 0 });
  const { written, checked } = synthesizeChanged(options);
  const order: string[] = [];
  void written.then(() => order.push("written"));
  void checked.then(() => order.push("checked"));
  go("half");
  go("whole");
  await written;
  expect(order).toEqual(["written"]);
  expect(isKept(options)).toBe(false);
  go("end");
  await checked;
  expect(isKept(options)).toBe(true);
  await expect(synthesizeChanged(options).written).resolves.toBeUndefined(); // and starts nothing
});

test("a finding is told, though the assembly was used; the assembly of before is not taken for a new one", async () => {
  const { options, go } = synthesizing({ thenExits: 1 });
  const manifest = join(options.assemblyDirectory, "manifest.json");
  write(manifest, "{}");
  const { written, checked } = synthesizeChanged(options);
  const seen = written.then(() => readFileSync(manifest, "utf8"));
  go("half");
  await eventually(() => existsSync(manifest));
  await sleep(200); // it looks several times
  go("whole");
  expect(await seen).toBe("{}");
  go("end");
  await expect(checked).rejects.toThrow(SynthesisFailed);
  expect(isKept(options)).toBe(false);
});

test("a synthesis that writes nothing fails both", async () => {
  const { options, go } = synthesizing({ thenExits: 1 });
  const { written, checked } = synthesizeChanged(options);
  go("end");
  await expect(written).rejects.toThrow("no stacks");
  await expect(checked).rejects.toThrow("no stacks");
});

/** A project whose CDK does the next step when `go` says so, says "no stacks", and exits. */
function synthesizing({ thenExits }: { readonly thenExits: number }) {
  const projectDirectory = mkdtempSync(join(tmpdir(), "synthesize-"));
  const ended = new AbortController();
  onTestFinished(() => ended.abort()); // its CDK ends with it
  const steps = mkdtempSync(join(tmpdir(), "synthesize-steps-"));
  const assemblyDirectory = join(projectDirectory, ".local-cloud/cdk.out");
  mkdirSync(assemblyDirectory, { recursive: true });
  write(
    join(projectDirectory, "node_modules/aws-cdk/bin/cdk"),
    `const { existsSync, writeFileSync } = require("node:fs");
     const manifest = process.argv[process.argv.indexOf("--output") + 1] + "/manifest.json";
     const done = new Set();
     const isNow = (step) => existsSync("${steps}/" + step) && !done.has(step) && done.add(step);
     setInterval(() => {
       if (isNow("half")) writeFileSync(manifest, '{"version":');
       if (isNow("whole")) writeFileSync(manifest, "{}"); // once, as the CDK does
       if (!isNow("end")) return;
       console.error("no stacks");
       process.exit(${thenExits});
     }, 5);`,
  );
  return {
    options: { projectDirectory, assemblyDirectory, context: {}, signal: ended.signal },
    go: (step: "half" | "whole" | "end") => write(join(steps, step), ""),
  };
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
