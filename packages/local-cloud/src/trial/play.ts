// Plays the script of a trial run and draws up the account.

import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { keyRing } from "@essentially-once/messaging/internal/trust/key-ring";
import { consumerQueues } from "@essentially-once/operator/dead-letters/consumer-queues";
import type { DeadLetter } from "@essentially-once/operator/dead-letters/dead-letter";
import { redrive } from "@essentially-once/operator/dead-letters/redrive";
import type { Program } from "../program.ts";
import { generalInvariants } from "./account/general.ts";
import { heldUpInvariants, heldUpSummary } from "./account/held-up.ts";
import type { Account } from "./account/report.ts";
import type { TrialArguments } from "./arguments.ts";
import { deadLettersSince } from "./look/dead-letters.ts";
import { readJournal } from "./look/journal-records.ts";
import type { Progress } from "./look/progress.ts";
import { found, NotQuiet, quiescence, whatIsLeft } from "./look/quiescence.ts";
import { NotEven, readGenerations, rebuildProjection } from "./look/rebuild.ts";
import { watchMemory } from "./look/resident-memory.ts";
import { readTable } from "./look/tables.ts";
import { startWatch } from "./look/watch.ts";
import type { TrialRun } from "./run.ts";
import { type Garbage, garbage, throwIn } from "./send/garbage.ts";
import { type HoldUp, startHoldUp } from "./send/hold-up.ts";
import { sendOverdue } from "./send/overdue.ts";
import { type Answered, post } from "./send/requests.ts";
import type { Ground } from "./set-up.ts";
import type { TrialResult, TrialScript } from "./trial-run.ts";

export interface Playing {
  readonly given: TrialArguments;
  readonly sends: string;
  readonly ground: Ground;
  readonly progress: Progress;
  readonly program: Program;
}

/** Quiet must come within this, plus this much for each that is sent; so must a projection. Milliseconds. */
const QUIET_MS_MAX = 150_000;
const PROJECTION_MS_MAX = 60_000;
const MS_MAX_FOR_EACH = 200;

export async function play(
  script: TrialScript,
  { given, sends, ground, progress, program }: Playing,
): Promise<{ account: Account; invitation: TrialResult["invitation"] }> {
  const { cloud, tally, requests, outsides } = ground;
  const { count, chaos, seed } = given;
  const { clients, output, outputs } = cloud;
  const access = { clients, output, queues: consumerQueues(outputs) };
  const sinceMs = Math.floor(performance.timeOrigin); // a given endpoint may hold the dead letters of earlier runs
  const answered: Answered[] = [];
  const thrown: Garbage[] = [];
  let stuck: string | undefined;
  const holdUps: HoldUp[] = [];

  const memory = watchMemory(cloud.processIds);
  const watch = startWatch({
    access,
    counts: tally.counts,
    progress,
    sends,
    count,
    answered: () => answered.length,
  });
  program.stops.push(memory.stop, watch.stop);
  progress.step(`Sending ${count} ${sends}, chaos ${chaos}, seed ${seed} ...`);
  const result = await script(tools());
  await watch.stop();
  memory.stop();

  const deadLetters = await deadLettersSince(access, sinceMs);
  const facts = {
    ...{ sends, count, answered, garbage: thrown, deadLetters },
    left: await whatIsLeft(access), // after the dead letters: while they are read, they are held
    journal: await readJournal(clients.dynamodb, output("JournalTable")),
    denials: tally.denials,
  };
  const { invariants = [], figures = [], summary = {}, notes = [], isPoison = () => false } = result;
  const bodies = new Set(thrown.map(({ body }) => body));
  const mayBeParked = (one: DeadLetter) => bodies.has(one.body) || isPoison(one);
  const heldUp = holdUps.map((one) => one.result());
  const [first, ...others] = generalInvariants(facts, isPoison);
  const account: Account = {
    ...{ sends, count, chaos, seed, figures, notes, deadLetters, stuck },
    summary: Object.assign({}, summary, ...heldUp.map(heldUpSummary)),
    invariants: [
      ...(first ? [first] : []),
      ...invariants,
      ...heldUp.flatMap((one) => heldUpInvariants(one, { deadLetters, isPoison: mayBeParked })),
      ...others,
    ],
    counts: tally.counts,
    survivors: tally.survivors(),
    troubles: tally.troubles,
    denials: tally.denials,
    unusedPermissions: cloud.unusedPermissions(),
    measured: {
      seconds: Math.round(performance.now() / 100) / 10,
      messagesPerSecond: watch.messagesPerSecond(),
      residentMegabytes: memory.peakMegabytes(),
    },
  };
  return { account, invitation: result.invitation };

  function tools(): TrialRun {
    const { dynamodb } = clients;
    return {
      ...{ count, seed, clients, endpoints: cloud.endpoints, queues: access.queues, output },
      step: progress.step,
      post: (url, requests, onAnswered) =>
        post(url, requests, (one) => {
          answered.push(one);
          onAnswered?.(one);
        }),
      answers: (url) => [...answered, ...requests.byHand(url, answered)],
      async throwGarbage(targets) {
        thrown.push(...garbage(seed, targets));
        await throwIn({ sqs: clients.sqs, keys: signingKeys(), output }, thrown);
      },
      holdUp(plan) {
        const queue = access.queues.find(({ name }) => name === plan.consumer);
        const outside = outsides.get(plan.calls);
        if (!queue || !outside) throw new Error(`No consumer ${plan.consumer} that calls ${plan.calls}`);
        const holdUp = startHoldUp({ plan, cloud, queue, outside, after: Math.max(1, count / 10) });
        holdUps.push(holdUp);
        program.stops.push(holdUp.stop);
      },
      notWaitedFor(type, hopeless) {
        const { stop } = sendOverdue({ overdue: { type, hopeless }, cloud, step: progress.step });
        program.stops.push(stop);
      },
      firstTime: watch.firstTime,
      async quiet(unfinished = async () => []) {
        await quiescence(access, {
          withinMs: QUIET_MS_MAX + count * MS_MAX_FOR_EACH,
          unfinished: async () => [...holdUps.flatMap((one) => one.unfinished()), ...(await unfinished())],
        });
        for (const one of holdUps) one.stop();
      },
      parked: (is) =>
        found(
          async () => (await deadLettersSince(access, sinceMs)).find(is),
          QUIET_MS_MAX + count * MS_MAX_FOR_EACH,
          "a message that was to be parked is not",
        ),
      async redrive({ id, consumer }) {
        const queues = access.queues.filter((queue) => queue.consumer === consumer);
        const { handled } = await redrive(clients, {
          queues,
          matches: (one) => one.id === id,
          dryRun: false,
        });
        if (handled.length === 0)
          throw new Error(`The dead letter ${id} is gone: another command redrove it`);
      },
      rebuild: (projection) =>
        rebuildProjection(cloud, projection, { withinMs: PROJECTION_MS_MAX + count * MS_MAX_FOR_EACH }),
      async settle(work) {
        try {
          return await work();
        } catch (error) {
          if (!(error instanceof NotQuiet || error instanceof NotEven)) throw error;
          stuck = error.message;
          return undefined;
        }
      },
      stopChaos: cloud.stopChaos,
      items: (table) => readTable(dynamodb, output(table)),
      generations: ({ name, table }, kind) => readGenerations(dynamodb, { name, table: output(table), kind }),
      journal: () => readJournal(dynamodb, output("JournalTable")),
      deadLetters: () => deadLettersSince(access, sinceMs),
    };
  }

  function signingKeys() {
    return keyRing({
      load: async () => {
        const secret = new GetSecretValueCommand({ SecretId: output("SigningSecretArn") });
        return (await clients.secretsManager.send(secret)).SecretString ?? "";
      },
    });
  }
}
