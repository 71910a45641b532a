// `npm run test:localstack`: a real LocalStack, installed from PyPI and run without Docker and without an account,
// stands behind SQS, S3 and Secrets Manager; the conformance suites and two whole runs of the demo go against it, the
// second on what the first one left.
//
//   Where the machine lacks Python 3.9 to 3.11 or PyPI, it says so and skips everything with exit code 0. On GitHub that is
//   a failure, because a skip in the log of a green run goes unread.
import { execFile, spawn } from "node:child_process";
import { createWriteStream, existsSync } from "node:fs";
import { access, mkdir, mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { skipped } from "../gates/skipped.ts";
import { aFreePort, run } from "./emulator.ts";

const version = "4.9.2"; // the next one needs Python 3.12
/** With it, what it asks for and its newest releases no longer keep. */
const packages = [
  `localstack-core[base-runtime,runtime]==${version}`,
  "cbor2<6",
  "cryptography<44",
  "pyOpenSSL<24.3",
  "service-identity<24.2",
];
const pythons = ["python3.11", "python3.10", "python3.9", "python3"];
const suites = ["sqs", "s3", "secrets-manager"].map(
  (name) => `packages/local-cloud/test/conformance/${name}.test.ts`,
);
/** With few orders; without the sample the stacks alone. */
const programs = ["demo/start.ts --orders 12 --exit", "packages/local-cloud/src/start.ts --exit"];
const startMs = 60_000;

process.exitCode = await main();

async function main(): Promise<number> {
  const home = await install().catch((error: Error) => error);
  if (typeof home === "string") return proofs(home);
  return skipped(`LocalStack ${version}`, home.message.trim().split("\n").at(-1) ?? "");
}

async function proofs(home: string): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), "essentially-once-localstack-"));
  const port = await aFreePort();
  const python = join(home, "bin", "python");
  const localStack = spawn(python, ["-m", "localstack.runtime.main"], {
    env: {
      HOME: scratch,
      TMPDIR: scratch,
      PATH: `${join(home, "bin")}:${process.env.PATH}`,
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      DISABLE_EVENTS: "1", // it sends no usage data
      SKIP_SSL_CERT_DOWNLOAD: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = join(home, "localstack.log");
  const lines = createWriteStream(log);
  localStack.stdout.pipe(lines);
  localStack.stderr.pipe(lines);
  const endpoint = `http://127.0.0.1:${port}`;
  const environment = {
    ...process.env,
    AWS_ENDPOINT_URL_SQS: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
  };
  try {
    await isReady(endpoint, log);
    const failed = await run("vitest", ["run", ...suites], environment);
    return failed || (await twoRuns(environment));
  } finally {
    localStack.kill("SIGKILL");
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The second finds queues, dead letters, objects and the secret of the first. */
async function twoRuns(environment: NodeJS.ProcessEnv): Promise<number> {
  const program = programs.map((text) => text.split(" ")).find(([file = ""]) => existsSync(file)) ?? [];
  for (const which of ["first", "second"]) {
    console.log(`… npm start on LocalStack ${version}, the ${which} time`);
    const failed = await run("node", program, environment);
    if (failed) return failed;
  }
  return 0;
}

/** Installs once per machine, in the user's cache, which no other user can write. Throws with the reason if it cannot. */
async function install(): Promise<string> {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const home = join(cache, "essentially-once", `localstack-${version}`);
  if (await exists(join(home, "installed"))) return home;
  const python = await aPython();
  await rm(home, { recursive: true, force: true }); // half of one
  await mkdir(home, { recursive: true, mode: 0o700 });
  await promisify(execFile)(python, ["-m", "venv", home]);
  await promisify(execFile)(join(home, "bin", "python"), ["-m", "pip", "install", "--quiet", ...packages]);
  await mkdir(join(home, "installed"));
  return home;
}

async function aPython(): Promise<string> {
  const isOld = "import sys; print((3, 9) <= sys.version_info < (3, 12))";
  for (const python of pythons) {
    const answer = await promisify(execFile)(python, ["-c", isOld]).catch(() => undefined);
    if (answer?.stdout.trim() === "True") return python;
  }
  throw new Error("there is no Python 3.9, 3.10 or 3.11");
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function isReady(endpoint: string, log: string): Promise<void> {
  const endMs = Date.now() + startMs;
  while (Date.now() < endMs) {
    const answer = await fetch(`${endpoint}/_localstack/health`).catch(() => undefined);
    // Its first other request loads what the later ones find; commands wait 1.5 s for an answer.
    if (answer?.ok && (await fetch(endpoint).catch(() => undefined))) return;
    await sleep(250);
  }
  throw new Error(`LocalStack did not answer within ${startMs / 1_000} s; its log is ${log}`);
}
