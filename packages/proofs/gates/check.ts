// `npm run check`: runs every gate, even when one fails, and prints the count and the time of each at the end. First the tests,
// alone: they keep every processor at work. Then two groups side by side, because most of their gates wait more than they
// compute: what needs a browser and an emulator, and all else.
// The output of a gate is printed in one piece when it ends, and failures are repeated at the very end, for a reader who sees
// only the end of a log.
//
//   `--localstack` adds the gate that installs the largest thing.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

interface Gate {
  readonly name: string;
  readonly command: readonly string[];
}

/** What `vitest --reporter=json` writes, as far as it is read here. */
interface TestReport {
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly testResults?: readonly {
    readonly name: string;
    /** Why the file itself failed; empty when it did not. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Of what a failure said. */
const saidMax = 3_000;

/** A gate that takes longer will not end: it is stopped, with all that it has started, and has failed. */
const boundMinutes = 40;

const scratch = await mkdtemp(join(tmpdir(), "essentially-once-check-"));
const testReport = join(scratch, "tests.json");
process.env.NODE_COMPILE_CACHE ??= join(scratch, "compiled"); // the gates start the CDK and the SDK again and again
const slowest = "--reporter=packages/proofs/gates/slow-files.ts";
const reporters = ["--reporter=default", slowest, "--reporter=json", `--outputFile.json=${testReport}`];
const tests: Gate = { name: "tests", command: ["vitest", "run", ...reporters] };

/** In a clean clone of CI, and on nobody's laptop. */
const install = process.argv.includes("--localstack") ? ["--install"] : [];

const beside: readonly Gate[] = [
  { name: "format and lint", command: ["biome", "check", "--error-on-warnings", "."] },
  { name: "types", command: ["tsc", "-p", "."] },
  { name: "types of the console's page", command: ["tsc", "-p", "packages/console/src/page"] },
  { name: "synth", command: ["cdk", "synth", "--quiet", "--output", join(scratch, "cdk.out")] },
  { name: "size budget", command: ["node", "packages/bench/src/size-budget.ts"] },
  { name: "README commands", command: ["node", "packages/proofs/gates/readme-commands.ts"] },
  { name: "versions", command: ["node", "packages/proofs/versions/gate.ts"] },
  { name: "dependency audit", command: ["node", "packages/proofs/gates/audit.ts"] },
  ...(process.argv.includes("--localstack")
    ? [{ name: "engines of LocalStack", command: ["node", "packages/proofs/e2e/on-localstack.ts"] }]
    : []),
];

/** One after the other: each uses what the one before has installed. */
const installing: readonly Gate[] = [
  { name: "console in Chromium", command: ["node", "packages/proofs/gates/console-browser.ts", ...install] },
  { name: "deployed to MiniStack", command: ["node", "packages/proofs/e2e/on-ministack.ts"] }, // with that Chromium
  { name: "packed", command: ["node", "packages/proofs/gates/packed.ts"] }, // with that MiniStack
];

let passed = 0;
const times: { readonly name: string; readonly seconds: number }[] = [];
const failures: string[] = [];
let failed = 0;
const running = new Set<ChildProcess>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const child of running) stop(child);
    process.exit(1);
  });
}
await runTests();
await Promise.all([runGates(beside), runGates(installing)]);
await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
for (const failure of failures) console.log(`✗ ${failure}\n`);
times.sort((one, other) => other.seconds - one.seconds);
console.log(times.map(({ name, seconds }) => `${`${seconds}`.padStart(5)} s  ${name}`).join("\n"));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function runGates(gates: readonly Gate[]): Promise<void> {
  for (const gate of gates) {
    console.log(`… ${gate.name}`);
    const { ok, said, seconds } = await run(gate, "pipe");
    count(ok, gate.name, seconds, said);
    if (!ok) failures.push(`${gate.name}\n${said.slice(-saidMax)}`);
  }
}

/** A run that ends without a report, or with no test in it, has failed. */
async function runTests(): Promise<void> {
  const { ok, seconds } = await run(tests, "inherit");
  const report = JSON.parse(await readFile(testReport, "utf8").catch(() => "{}")) as TestReport;
  passed += report.numPassedTests ?? 0;
  failed += report.numFailedTests ?? 0;
  count(ok && (report.numPassedTests ?? 0) > 0, tests.name, seconds);
  for (const { name, message, assertionResults } of report.testResults ?? []) {
    const file = relative(".", name);
    if (message !== "") failures.push(`${file}\n${message.slice(0, saidMax)}`);
    for (const { status, fullName, failureMessages } of assertionResults) {
      if (status === "failed")
        failures.push(`${file}: ${fullName}\n${failureMessages.join("\n").slice(0, saidMax)}`);
    }
  }
}

function count(ok: boolean, name: string, seconds: number, said = ""): void {
  if (ok) passed++;
  else failed++;
  times.push({ name, seconds });
  console.log(`${said}${ok ? "✓" : "✗"} ${name} (${seconds} s)`);
}

function run({ name, command: [program = "", ...options] }: Gate, output: "inherit" | "pipe") {
  const start = Date.now();
  const child = spawn(program, options, { stdio: ["ignore", output, output], detached: true });
  running.add(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  return new Promise<{ ok: boolean; said: string; seconds: number }>((resolve) => {
    const bound = setTimeout(() => {
      said += `${name} did not end within ${boundMinutes} minutes\n`;
      stop(child);
    }, boundMinutes * 60_000);
    const end = (ok: boolean) => {
      clearTimeout(bound);
      running.delete(child);
      resolve({ ok, said, seconds: Math.round((Date.now() - start) / 1_000) });
    };
    child.on("error", () => end(false));
    child.on("close", (code) => end(code === 0));
  });
}

/** With all that it has started. */
function stop({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}
