// A gate of `npm run check`: the way of a new user, from an empty folder and the packed tarballs alone. An app is created, and gets a
// consumer of each mode and a projection; it lints, type-checks, passes its crash tests, synthesizes, runs and is deployed to an emulator. A mistake that is
// easily made fails a test. The empty app and the sample run too; then a newer kit is installed, and all is still green.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installMiniStack, ministackVersion, onMiniStack } from "../e2e/ministack.ts";
import { pack } from "../release/pack.ts";
import { skipped } from "./skipped.ts";

const scratch = mkdtempSync(join(tmpdir(), "essentially-once-packed-"));
const dist = join(scratch, "dist");
const next = join(scratch, "next");
const sent = "billing.invoice-sent.v1";
const requested = "billing.invoice-requested.v1";
let failed = false;
try {
  timed("pack the kit", () => pack(dist));
  create("my-queues");
  step(
    ".",
    `! node ${join(dist, "create/create.js")} my-queues && ! node ${join(dist, "create/create.js")} My/Queues`,
  );
  step("my-queues", "npm install --no-audit --prefer-offline");
  step("my-queues", "npm test");
  step("my-queues", "npm start -- --requests 8 --exit");

  step("my-queues", `npm run new -- message ${sent}`);
  const accepts = `--accepts ${requested}`;
  step("my-queues", `npm run new -- consumer billing/k-2nd-rows ${accepts} --accepts ${sent} --fifo`);
  step("my-queues", `npm run new -- consumer billing/keep-inline ${accepts} --mode inline --fifo`);
  step("my-queues", `npm run new -- consumer billing/keep-effect ${accepts} --mode effect`);
  step("my-queues", `npm run new -- consumer billing/keep-count ${accepts} --mode at-most-once`);
  step("my-queues", `npm run new -- process billing/collect-invoice ${accepts} --accepts ${sent}`);
  step("my-queues", `npm run new -- projection billing/invoice-list ${accepts}`);
  step("my-queues", `npm run new -- endpoint billing/tell-sent --publishes ${sent}`);
  step("my-queues", "npx biome check --error-on-warnings .");
  step("my-queues", "npx tsc -p .");
  step("my-queues", "npm test");
  step("my-queues", "npm run synth");
  await deployToEmulator("my-queues");
  mistake("functions/billing/send-invoice.ts", besideTheUnit);
  step("my-queues", "! npx vitest run test/functions/billing/send-invoice.test.ts");
  mistake("functions/billing/k-2nd-rows.ts", callsForSecondType);
  step("my-queues", `! npx vitest run test/functions/billing/k-2nd-rows.test.ts -t ${sent}`);

  create("my-empty", "--empty");
  handOver("my-queues", "my-empty");
  step("my-empty", "npx biome check --error-on-warnings . && npx tsc -p .");
  step("my-empty", "npm start -- --exit");
  create("my-shop", "--sample");
  handOver("my-empty", "my-shop");
  step("my-shop", "npx tsc -p .");
  step("my-shop", "npx vitest run test/functions/credit/account.test.ts");
  step("my-shop", "npm start -- --orders 4 --exit");

  timed("pack a newer kit", () => pack(next, "0.1.1"));
  useKit("my-shop", next);
  step("my-shop", "npm install --no-audit --prefer-offline");
  step("my-shop", `test "$(npm ls --json @essentially-once/messaging | grep -c '"version": "0.1.1"')" -ge 1`);
  step("my-shop", "npm run upgrade -- --dry-run");
  step("my-shop", "npm run upgrade");
  step("my-shop", 'npm run upgrade -- --json | grep \'"from": "0.1.1"\'');
  step("my-shop", "npx tsc -p .");
  step("my-shop", "npx vitest run test/functions/credit");
  step("my-shop", "npm run synth");
  step("my-shop", "npm start -- --orders 4 --exit");
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}
process.exitCode = failed ? 1 : 0;

/** What needs Python is skipped without it, and said. */
async function deployToEmulator(app: string): Promise<void> {
  const program = await installMiniStack();
  if (typeof program === "string") {
    await onMiniStack(program, (environment) =>
      step(app, "npx essentially-once deploy --local", environment),
    );
  } else if (skipped(`the deployment of ${app} to MiniStack ${ministackVersion}`, program.message) !== 0) {
    failed = true;
  }
}

function create(app: string, ...options: readonly string[]): void {
  step(".", `node ${join(dist, "create/create.js")} ${[app, ...options].join(" ")}`);
  useKit(app, dist);
}

/** From tarballs, as there is no registry that has them; what they ask of each other is then there. */
function useKit(app: string, tarballs: string): void {
  const file = join(scratch, app, "package.json");
  const text = readFileSync(file, "utf8").replaceAll(
    /"@essentially-once\/([a-z-]+)": "[^"]+"/g,
    (_, name: string) => `"@essentially-once/${name}": "file:${join(tarballs, name)}.tgz"`,
  );
  writeFileSync(file, text);
}

/** What one app has installed is what the next asks for: the same dependencies, which nobody has to install again. */
function handOver(from: string, to: string): void {
  const dependencies = [from, to].map((app) => {
    const manifest = JSON.parse(readFileSync(join(scratch, app, "package.json"), "utf8"));
    return JSON.stringify([manifest.dependencies, manifest.devDependencies]);
  });
  if (dependencies[0] !== dependencies[1]) throw new Error(`${to} has other dependencies than ${from}`);
  renameSync(join(scratch, from, "node_modules"), join(scratch, to, "node_modules"));
}

function mistake(file: string, make: (handler: string) => string): void {
  const path = join(scratch, "my-queues", file);
  const right = readFileSync(path, "utf8");
  const wrong = make(right);
  if (wrong === right) throw new Error(`${file} has another form than the mistake needs`);
  writeFileSync(path, wrong);
}

/** The handler writes outside the unit of work, so each redelivery writes once more. */
function besideTheUnit(handler: string): string {
  const wrong = handler.replace(
    /unit\.write\((.*)\);/,
    "await dynamodb().send(new TransactWriteItemsCommand({ TransactItems: [$1] }));",
  );
  return withSdk(wrong, "TransactWriteItemsCommand");
}

/** It writes for the second of its types alone, where no invariant looks. */
function callsForSecondType(handler: string): string {
  const wrong = handler.replace(
    ".handler(async (message, unit) => {",
    `.handler(async (message, unit) => {
    if (message.type === "${sent}") {
      const Item = { id: { S: crypto.randomUUID() } };
      await dynamodb().send(new PutItemCommand({ TableName: process.env.BILLING_TABLE, Item }));
    }`,
  );
  return withSdk(wrong, "PutItemCommand");
}

function withSdk(handler: string, command: string): string {
  if (!handler.includes(command)) return handler;
  return `import { ${command} } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "@essentially-once/messaging/clients";
${handler}`;
}

function step(app: string, command: string, environment: NodeJS.ProcessEnv = process.env): void {
  timed(`${app}: ${command}`, () => {
    const { NODE_COMPILE_CACHE: _, ...env } = environment;
    const bare = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("npm_")));
    const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", command], {
      cwd: join(scratch, app),
      env: bare,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    if (status !== 0) throw new Error(`it ended with ${status}:\n${stdout}${stderr}`);
  });
}

function timed(what: string, work: () => unknown): void {
  const start = performance.now();
  let why = "";
  try {
    work();
  } catch (error) {
    failed = true;
    why = `\n${error instanceof Error ? error.message : error}`;
  }
  const seconds = ((performance.now() - start) / 1_000).toFixed(1);
  console.log(`${why === "" ? "✓" : "✗"} ${what.replaceAll(scratch, "…")} (${seconds} s)${why}`);
}
