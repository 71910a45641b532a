// Run by load-bundles.ts: reads the bundles from standard input, loads a few at a time, and writes one answer for each.
// Plain JavaScript, because it runs outside the project's compiler like the bundles themselves.
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { json } from "node:stream/consumers";

/** More than the ten seconds that Lambda gives a start, for a machine that is busy. */
const timeoutMs = 30_000;

const [, , loader] = process.argv;
const bundles = await json(process.stdin);
const answers = [];
let next = 0;
await Promise.all(Array.from({ length: availableParallelism() }, work));
process.stdout.write(JSON.stringify(answers));

async function work() {
  while (next < bundles.length) {
    const index = next++;
    answers[index] = await load(bundles[index]);
  }
}

function load({ directory, handler, environment }) {
  const child = fork(loader, [directory, handler], {
    cwd: directory,
    // Modules are where the link to their directory is: beside the directory itself there may be packages.
    execArgv: ["--enable-source-maps", "--preserve-symlinks"],
    env: { PATH: process.env.PATH, TZ: ":UTC", ...environment, LAMBDA_TASK_ROOT: directory },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  return new Promise((resolve) => {
    let said = "";
    let answer;
    const timer = setTimeout(() => {
      answer = { message: `it does not finish loading within ${timeoutMs / 1_000} seconds`, stack: "" };
      child.kill("SIGKILL");
    }, timeoutMs);
    child.stderr.on("data", (text) => {
      said = (said + text).slice(-4_000);
    });
    child.on("message", (message) => {
      answer = message;
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      answer ??= {
        message: `its process ended (${signal ?? code}) while it loaded: ${said.trim()}`,
        stack: said,
      };
      resolve(answer === "loaded" ? null : answer);
    });
  });
}
