// `npm run check`: every gate, one after the other, all of them even when one fails, and the count at the end.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Gate {
  readonly name: string;
  readonly command: readonly string[];
}

const scratch = await mkdtemp(join(tmpdir(), "essentially-once-check-"));
const testReport = join(scratch, "tests.json");

const gates: readonly Gate[] = [
  { name: "format and lint", command: ["biome", "check", "--error-on-warnings", "."] },
  { name: "types", command: ["tsc", "-p", "."] },
  { name: "synth", command: ["cdk", "synth", "--quiet", "--output", join(scratch, "cdk.out")] },
  { name: "size budget", command: ["node", "bench/size-budget.ts"] },
  { name: "README commands", command: ["node", "test/readme-commands.ts"] },
  { name: "dependency audit", command: ["node", "test/audit.ts"] },
  { name: "make it yours", command: ["node", "test/make-it-yours.ts"] },
  { name: "deployed to MiniStack", command: ["node", "test/e2e/on-ministack.ts"] },
];

let passed = 0;
let failed = 0;
for (const gate of gates) count(await run(gate), gate.name);
await runTests();
await rm(scratch, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** A run that ends without a report, or with no test in it, has failed. */
async function runTests(): Promise<void> {
  const command = [
    "vitest",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${testReport}`,
  ];
  const ok = await run({ name: "tests", command });
  const report = JSON.parse(await readFile(testReport, "utf8").catch(() => "{}")) as {
    numPassedTests?: number;
    numFailedTests?: number;
  };
  passed += report.numPassedTests ?? 0;
  failed += report.numFailedTests ?? 0;
  count(ok && (report.numPassedTests ?? 0) > 0, "tests");
}

function count(ok: boolean, name: string): void {
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? "✓" : "✗"} ${name}`);
}

function run({ name, command: [program = "", ...options] }: Gate): Promise<boolean> {
  console.log(`… ${name}`);
  const child = spawn(program, options, { stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((resolve) => {
    child.on("error", () => resolve(false));
    child.on("exit", (code) => resolve(code === 0));
  });
}
