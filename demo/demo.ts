// One run: real stacks, real orders, trouble, an operator's repair, and the count.
//
//   carrier → cdk synth → local cloud → accounts, garbage, orders → quiet → repair → quiet
//   → statements even and rebuilt → reconciliation

import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { type LocalCloud, startLocalCloud } from "@essentially-once/local-cloud/cloud";
import { type CloudPlace, takeCloudPlace } from "@essentially-once/local-cloud/cloud-place";
import { requireTablesEngine } from "@essentially-once/local-cloud/dynoxide";
import { requireFree } from "@essentially-once/local-cloud/free-ports";
import type { Progress } from "@essentially-once/local-cloud/internal/trial/progress";
import { watchMemory } from "@essentially-once/local-cloud/internal/trial/resident-memory";
import { startTally, type Tally } from "@essentially-once/local-cloud/internal/trial/tally";
import { synthesize } from "@essentially-once/local-cloud/synthesize";
import { type KeyRing, keyRing } from "@essentially-once/messaging/internal/trust/key-ring";
import { consumerQueues } from "@essentially-once/operator/dead-letters/consumer-queues";
import type { StartOptions } from "./arguments.ts";
import { type Carrier, startCarrier } from "./carrier.ts";
import { type Placement, placeOrders } from "./clients.ts";
import { openAccounts, planAccounts } from "./customers.ts";
import { garbage, throwIn } from "./garbage.ts";
import { readInsights } from "./insights.ts";
import { planOrders } from "./orders.ts";
import { NotQuiet, quiescence } from "./quiescence.ts";
import { reconcile } from "./reconcile.ts";
import { reconcileInsights } from "./reconcile-insights.ts";
import { type Repair, repairOneStranger } from "./repair.ts";
import type { Run } from "./report.ts";
import { openShopFront } from "./shop-front.ts";
import { NotEven, rebuildStatements } from "./statement-runs.ts";
import { startWatch } from "./watch.ts";
import { readWorld, type WorldAccess } from "./world.ts";

export interface Demo {
  readonly place: CloudPlace;
  readonly cloud: LocalCloud;
  readonly run: Run;
}

export interface DemoSetting {
  readonly projectDirectory: string;
  readonly progress: Progress;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  /** What must be undone at the end goes here as soon as it is begun, the last on top. */
  readonly stops: (() => unknown)[];
}

interface Stage {
  readonly place: CloudPlace;
  readonly carrier: Carrier;
  readonly cloud: LocalCloud;
  readonly tally: Tally;
  readonly access: WorldAccess;
}

/** Quiet must come within this, plus this much for each order. Milliseconds. */
const QUIET_MS_MAX = 150_000;
const QUIET_MS_MAX_PER_ORDER = 200;
/** So must the statements, twice. */
const STATEMENTS_MS_MAX = 60_000;
const STATEMENTS_MS_MAX_PER_ORDER = 200;

export async function runDemo(options: StartOptions, setting: DemoSetting): Promise<Demo> {
  const stage = await setUp(options, setting);
  return { place: stage.place, cloud: stage.cloud, run: await play(options, setting, stage) };
}

async function setUp({ chaos, seed, ports }: StartOptions, setting: DemoSetting): Promise<Stage> {
  const { projectDirectory, progress, signal, stops } = setting;
  requireTablesEngine();
  await requireFree(ports);
  const place = await takeCloudPlace(projectDirectory);
  stops.push(place.leave);
  if (place.beside)
    progress.step(`Process ${place.beside} has a local cloud up here already; this one stands beside it.`);
  const carrier = await startCarrier();
  stops.push(carrier.stop);

  progress.step("Synthesizing the stacks (cdk synth) ...");
  const { assemblyDirectory } = place;
  await synthesize({ projectDirectory, assemblyDirectory, context: { carrierUrl: carrier.url }, signal });

  progress.step("Starting the local cloud ...");
  const tally = startTally();
  const starting = startLocalCloud({
    assemblyDirectory,
    ports,
    chaos: { level: chaos, seed },
    onEvent: tally.note,
  });
  stops.push(() =>
    starting.then(
      ({ stop }) => stop(),
      () => undefined, // a start that failed has stopped itself
    ),
  );
  const cloud = await starting;
  const { endpoints, outputs, clients, output } = cloud;
  place.announce({ endpoints, outputs });
  const access = {
    clients,
    output,
    carrierUrl: carrier.url,
    queues: consumerQueues(outputs),
    sinceMs: Math.floor(performance.timeOrigin), // a given endpoint may hold the dead letters of earlier runs
  };
  return { place, carrier, cloud, tally, access };
}

async function play(options: StartOptions, { progress, stops }: DemoSetting, stage: Stage): Promise<Run> {
  const { orders, chaos, seed } = options;
  const { carrier, cloud, tally, access } = stage;
  const plans = planOrders({ count: orders, seed });
  const thrown = garbage(seed);
  const placements: Placement[] = [];
  const memory = watchMemory(cloud.processIds);
  const watch = startWatch({
    access,
    counts: tally.counts,
    progress,
    orders,
    placed: () => placements.length,
  });
  const shopFront = openShopFront({
    endpoint: cloud.endpoints.sqs,
    queueUrl: access.output("CountOrderViewsQueueUrl"),
    seed,
  });
  stops.push(memory.stop, watch.stop, shopFront.close);

  progress.step(`Placing ${orders} orders, chaos ${chaos}, seed ${seed} ...`);
  await openAccounts(access.clients.dynamodb, access.output("CreditTable"), planAccounts(plans, seed));
  await throwIn({ ...access, sqs: access.clients.sqs, keys: signingKeys(access) }, thrown);
  await placeOrders(plans, {
    url: access.output("PlaceOrderUrl"),
    onPlaced(placement) {
      placements.push(placement);
      shopFront.show(placement);
    },
  });
  await shopFront.close();
  const settled = await settle({ access, cloud, plans, orders, progress });
  await watch.stop();
  memory.stop();

  const world = await readWorld(access);
  const firstShipped = watch.firstShippedSeconds();
  return {
    orders,
    chaos,
    seed,
    world,
    ...settled,
    reconciliation: reconcile(world, { placements, garbage: thrown }),
    insights: reconcileInsights(await readInsights(access), {
      orders: world.orders,
      viewsSent: shopFront.sent,
    }),
    counts: tally.counts,
    survivors: tally.survivors(),
    troubles: tally.troubles,
    denials: tally.denials,
    unusedPermissions: cloud.unusedPermissions(),
    carrier: carrier.counts,
    measured: {
      seconds: Math.round(performance.now() / 100) / 10,
      ...(firstShipped !== undefined && { secondsToFirstShipped: firstShipped }),
      messagesPerSecond: watch.messagesPerSecond(),
      residentMegabytes: memory.peakMegabytes(),
    },
  };
}

function signingKeys({ clients, output }: WorldAccess): KeyRing {
  return keyRing({
    load: async () => {
      const secret = new GetSecretValueCommand({ SecretId: output("SigningSecretArn") });
      return (await clients.secretsManager.send(secret)).SecretString ?? "";
    },
  });
}

/** Waits for quiet, repairs what an operator can repair, waits again, has the statements rebuilt. A flow that does not come to rest is a finding. */
async function settle(flow: {
  readonly access: WorldAccess;
  readonly cloud: LocalCloud;
  readonly plans: ReturnType<typeof planOrders>;
  readonly orders: number;
  readonly progress: Progress;
}): Promise<{ repair?: Repair; stuck?: string }> {
  const { access, cloud, plans, orders, progress } = flow;
  const withinMs = QUIET_MS_MAX + orders * QUIET_MS_MAX_PER_ORDER;
  try {
    await quiescence(access, { withinMs });
    cloud.stopChaos();
    const repair = await repairOneStranger(access, await readWorld(access), plans);
    if (repair) {
      progress.step(
        `Repaired: ${repair.customerId} has an account now, the dead letter ${repair.envelopeId} is redriven.`,
      );
      await quiescence(access, { withinMs });
    }
    progress.step("Rebuilding the statements from the journal's beginning, beside those that serve ...");
    await rebuildStatements(cloud, {
      withinMs: STATEMENTS_MS_MAX + orders * STATEMENTS_MS_MAX_PER_ORDER,
    });
    return { ...(repair && { repair }) };
  } catch (error) {
    if (error instanceof NotQuiet || error instanceof NotEven) return { stuck: error.message };
    throw error;
  }
}
