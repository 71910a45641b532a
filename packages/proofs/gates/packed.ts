// A gate of `npm run check`: the way of a new user, from an empty folder and the packed tarballs alone. An app is created,
// runs, gets a consumer of its own with its crash test, synthesizes; then a newer kit is installed, and it is still green.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "../release/pack.ts";

const scratch = mkdtempSync(join(tmpdir(), "essentially-once-packed-"));
const dist = join(scratch, "dist");
const next = join(scratch, "next");
let failed = false;
try {
  timed("pack the kit", () => pack(dist));
  create("my-queues", "--empty");
  step(
    ".",
    `! node ${join(dist, "create/create.js")} my-queues && ! node ${join(dist, "create/create.js")} My/Queues`,
  );
  step("my-queues", "npm install --no-audit --prefer-offline");
  step("my-queues", "npm run new -- message billing.invoice-sent.v1");
  step("my-queues", "npm run new -- consumer billing/send-invoice --accepts billing.invoice-sent.v1 --fifo");
  green("my-queues");

  timed("pack a newer kit", () => pack(next, "0.1.1"));
  useKit("my-queues", next);
  step("my-queues", "npm install --no-audit --prefer-offline");
  step(
    "my-queues",
    `test "$(npm ls --json @essentially-once/messaging | grep -c '"version": "0.1.1"')" -ge 1`,
  );
  step("my-queues", "npm run upgrade -- --dry-run");
  step("my-queues", "npm run upgrade");
  step("my-queues", 'npm run upgrade -- --json | grep \'"from": "0.1.1"\'');
  green("my-queues");

  create("my-shop");
  step("my-shop", "npm install --no-audit --prefer-offline");
  step("my-shop", "npx tsc -p .");
  step("my-shop", "npx vitest run test/functions/credit test/lib/credit-stack.test.ts");
  step("my-shop", "npm start -- --orders 4 --exit");
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}
process.exitCode = failed ? 1 : 0;

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

function green(app: string): void {
  step(app, "npx biome check --error-on-warnings .");
  step(app, "npx tsc -p .");
  step(app, "npm test");
  step(app, "npm run synth");
  step(app, "npm start -- --exit");
}

function step(app: string, command: string): void {
  timed(`${app}: ${command}`, () => {
    const { NODE_COMPILE_CACHE: _, ...env } = process.env;
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
