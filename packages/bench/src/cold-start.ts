// How long a fresh process takes until it has a handler: what Lambda calls init, without the machine below it.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type BundleSize, bundleSize, compared, functionEntries, withBundle } from "./bundle-size.ts";
import { median } from "./statistics.ts";

export interface ColdStart extends BundleSize {
  readonly name: string;
  /** CPU until the handler is there; steadier than the time, which the neighbours of a laptop decide. */
  readonly initCpuMs: number;
  readonly initMs: number;
}

export async function measureColdStarts({
  rounds,
  onProgress,
}: {
  readonly rounds: number;
  readonly onProgress: (done: number, of: number, what: string) => void;
}): Promise<ColdStart[]> {
  const named: readonly (readonly [name: string, entry: string])[] = [
    ["the SDK alone", compared.sdk],
    ["a consumer on Powertools", compared.powertools],
    ["a consumer of the kit", compared.kit],
    ...functionEntries().map((entry) => [entry, entry] as const),
  ];
  return withBundles(named, async (bundles) => {
    const inits = bundles.map(() => [] as Init[]);
    for (let round = 1; round <= rounds; round++) {
      onProgress(round, rounds, "cold starts");
      for (const [index, directory] of bundles.entries()) {
        inits[index]?.push(await init(join(directory, "index.mjs")));
      }
    }
    const sizes = await Promise.all(named.map(([, entry]) => bundleSize(entry)));
    return named.map(([name], index) => ({
      name,
      ...(sizes[index] as BundleSize),
      initCpuMs: median((inits[index] ?? []).map(({ cpuMs }) => cpuMs)),
      initMs: median((inits[index] ?? []).map(({ ms }) => ms)),
    }));
  });
}

/** All at once, so that a round meets each of them under the same load. */
async function withBundles<Result>(
  named: readonly (readonly [name: string, entry: string])[],
  use: (directories: readonly string[]) => Promise<Result>,
  directories: readonly string[] = [],
): Promise<Result> {
  const [next, ...rest] = named;
  if (next === undefined) return use(directories);
  return withBundle(next[1], (directory) => withBundles(rest, use, [...directories, directory]));
}

interface Init {
  readonly ms: number;
  readonly cpuMs: number;
}

async function init(file: string): Promise<Init> {
  const script = `
    const cpu = process.cpuUsage();
    const start = performance.now();
    const { handler } = await import(${JSON.stringify(pathToFileURL(file).href)});
    if (typeof handler !== "function") throw new Error("no handler");
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000 }));
    process.exit();`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
    env: { ...process.env, ...environmentOfAnyFunction },
  });
  return JSON.parse(stdout) as Init;
}

/** Whatever a function asks for when its module loads. */
const environmentOfAnyFunction = {
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "unused",
  AWS_SECRET_ACCESS_KEY: "unused",
  MAX_RECEIVE_COUNT: "5",
  ROUTES: "{}",
  LIMITS: "carrier",
  CREDIT_TIMEOUT_SECONDS: "60",
  SHIPPING_TIMEOUT_SECONDS: "60",
  ...Object.fromEntries(
    [
      "EVIDENCE_TABLE",
      "SCHEDULES_TABLE",
      "ORDERED_OUTBOX_TABLE",
      "ORDERS_TABLE",
      "CREDIT_TABLE",
      "SHIPPING_TABLE",
      "INSIGHTS_TABLE",
      "JOURNAL_TABLE",
      "CLAIM_CHECK_BUCKET",
      "SIGNING_SECRET_ARN",
      "CARRIER_URL",
      "QUEUE_URL",
      "WAKE_UP_QUEUE_URL",
      "DEAD_LETTER_QUEUE_URL",
    ].map((name) => [name, "http://unused.invalid/000000000000/unused"]),
  ),
};
