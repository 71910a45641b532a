// The release before and this one at the same tables and queues at the same time: each in turn as relay and as consumers, then
// mixed while their processes are killed. Messages are in flight at every change, and some are sent again afterwards.
import { setTimeout as sleep } from "node:timers/promises";
import { consumerQueues } from "@essentially-once/operator/dead-letters/consumer-queues";
import { redrive } from "@essentially-once/operator/dead-letters/redrive";
import type { TestCarrier } from "@essentially-once/testing/a-carrier";
import { seededRandom } from "@essentially-once/testing/internal/explorer/seeded-random";
import { anOperator } from "@essentially-once/testing/internal/support/operator";
import type { BothReleases, Plan, Release } from "./both-releases.ts";
import { poison, reconcile } from "./reconcile.ts";
import { type Payment, startWorld, type World } from "./world.ts";

export interface SideBySideOptions {
  /** With the bundles of both releases. */
  readonly assemblyDirectory: string;
  readonly releases: BothReleases;
  readonly carrier: TestCarrier;
  readonly phases: readonly Phase[];
  /** In each phase. */
  readonly payments: number;
  readonly seed: number;
  /** How long the end may take. */
  readonly patienceMs?: number;
  readonly onProgress?: (text: string) => void;
}

export interface SideBySideFigures {
  readonly payments: number;
  readonly sentAgain: number;
  readonly killed: number;
  readonly redriven: number;
  /** Of each function, by each release. */
  readonly invocations: ReadonlyMap<string, Record<Release, number>>;
  readonly violations: readonly string[];
}

/** Which release runs what, and whether processes die meanwhile. */
export type Phase = Plan & {
  readonly kills?: boolean;
  /** It ends when no row and no message is left; other phases end in the middle of their work. */
  readonly settles?: boolean;
};

const accounts = ["account-1", "account-2", "account-closed"] as const;
const closedAccount = "account-closed";
/** One in so many is poison. */
const poisonEvery = 8;
/** At most so many processed messages are sent again in each phase. */
const againMax = 12;

export async function sideBySide(options: SideBySideOptions): Promise<SideBySideFigures> {
  const { releases, phases, seed, onProgress = () => undefined } = options;
  releases.setPlan(phases[0] as Plan);
  const world = await startWorld(options.assemblyDirectory, options.carrier);
  try {
    onProgress("the stacks are up");
    const random = seededRandom(seed);
    const payments: Payment[] = [];
    const violations: string[] = [];
    let [sentAgain, killed] = [0, 0];
    await world.setClosed(closedAccount, true);
    for (const phase of phases) {
      releases.setPlan(phase);
      const done = await runPhase(world, phase, { ...options, from: payments.length, random });
      payments.push(...done.payments);
      violations.push(...done.violations);
      if (phase.settles) violations.push(...(await operatorReads(world, options.assemblyDirectory)));
      sentAgain += done.sentAgain;
      killed += done.killed;
      onProgress(`relay ${phase.relay}, consumers ${phase.consumers}: ${payments.length} payments so far`);
    }
    const redriven = await end(world, options.patienceMs);
    if (typeof redriven === "string") violations.push(redriven);
    violations.push(...(await reconcile(world, payments)));
    const invocations = releases.invocations();
    return {
      payments: payments.length,
      sentAgain,
      killed,
      redriven: Number(redriven) || 0,
      invocations,
      violations,
    };
  } finally {
    await world.stop();
  }
}

/** This release's commands, on what the release before left. */
async function operatorReads({ cloud }: World, directory: string): Promise<string[]> {
  const operator = await anOperator(cloud, directory);
  const commands = [
    ["dlq", "list"],
    ["routes", "check"],
    ["journal", "offsets"],
  ] as const;
  const ran = await Promise.all(commands.map(([tool, verb]) => operator.run(tool, verb)));
  return ran.flatMap(({ exitCode, stdout, stderr }, index) =>
    exitCode === 0 ? [] : [`G6: ${commands[index]?.join(" ")} ended with ${exitCode}: ${stdout}${stderr}`],
  );
}

/**
 * Waits until no row and no message is left, releases the held group, and waits again.
 * @returns how many dead letters were redriven, or what is wrong
 */
async function end(world: World, patienceMs?: number): Promise<number | string> {
  const first = await world.quiet(patienceMs);
  if (first > 0) return stuck(first);
  await world.setClosed(closedAccount, false);
  const redriven = await openLine(world);
  const second = await world.quiet(patienceMs);
  return second > 0 ? stuck(second) : redriven;
}

function stuck(left: number): string {
  return `G3: ${left} rows and messages are still unprocessed when the timeout expires`;
}

interface PhaseOptions {
  readonly payments: number;
  readonly seed: number;
  readonly from: number;
  readonly random: () => number;
}

async function runPhase(world: World, { kills = false, settles = false }: Phase, options: PhaseOptions) {
  const earlier = await world.journaled();
  const trouble = kills ? killing(world, options.random) : undefined;
  const paid = await payAll(world, options);
  if (settles) await world.quiet();
  else await halfDone(world, paid.payments);
  const again = earlier.filter(({ partitionkey }) => partitionkey !== closedAccount);
  const sent = sample(again, againMax, options.random);
  for (const message of sent) await world.sendAgain(message);
  await world.cloud.invoke("Relay/Sweep/Function", {});
  await world.cloud.invoke("Watching/State", {});
  return { ...paid, sentAgain: sent.length, killed: (await trouble?.end()) ?? 0 };
}

const halfMsMax = 20_000;
const lookEveryMs = 100;

/** So that each release has done something before the next one goes on. */
async function halfDone({ carrier }: World, payments: readonly Payment[]): Promise<void> {
  const open = payments.filter(({ account, amount }) => account !== closedAccount && amount !== poison);
  const givesUpAt = performance.now() + halfMsMax;
  while (performance.now() < givesUpAt) {
    if (open.filter(({ id }) => carrier.consignments(id) > 0).length >= open.length / 2) return;
    await sleep(lookEveryMs);
  }
}

async function payAll(
  world: World,
  { payments: count, seed, from, random }: PhaseOptions,
): Promise<{ payments: Payment[]; violations: string[] }> {
  const payments: Payment[] = [];
  const violations: string[] = [];
  const plans = Array.from({ length: count }, (_, index) => ({
    key: `payment-${seed}-${from + index + 1}`,
    account: accounts[Math.floor(random() * accounts.length)] ?? accounts[0],
    amount: (from + index + 1) % poisonEvery === 0 ? poison : 20 + Math.floor(random() * 100),
  })).values();
  const client = async () => {
    for (const { key, account, amount } of plans) {
      const ids = [...(await world.pay(key, account, amount))];
      if (ids.length > 1) violations.push(`G2: ${key} was answered with ${ids.join(" and ")}`);
      payments.push({ id: ids[0] ?? "", account, amount });
    }
  };
  await Promise.all([client(), client()]);
  return { payments, violations };
}

/** False for a process that ended by itself meanwhile. */
function killNow(processId: number): boolean {
  try {
    return process.kill(processId, "SIGKILL");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

const killEveryMs = 300;

/** Kills function processes at random, and no engine. */
function killing({ cloud }: World, random: () => number): { end(): Promise<number> } {
  let over = false;
  let killed = 0;
  const done = (async () => {
    while (!over) {
      await sleep(random() * killEveryMs);
      const running = cloud.processIds();
      const processId = running[Math.floor(random() * running.length)];
      if (processId === undefined) continue;
      if (killNow(processId)) killed++;
    }
  })();
  return {
    async end() {
      over = true;
      await done;
      return killed;
    },
  };
}

/** What was held, in its order: parked by both releases, brought back by this one's operator. */
async function openLine({ cloud }: World): Promise<number> {
  const { handled } = await redrive(cloud.clients, {
    queues: consumerQueues(cloud.outputs).filter(({ name }) => name === "book"),
    matches: () => true,
    dryRun: false,
  });
  return handled.length;
}

function sample<One>(all: readonly One[], count: number, random: () => number): One[] {
  return all
    .map((one) => ({ one, order: random() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ one }) => one);
}
