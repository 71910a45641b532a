// The numbers on the graph: what SQS counts in each queue, and what was seen of each function.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { type QueueDepth, readDepths } from "@essentially-once/local-cloud/internal/trial/look/queue-depths";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import { type Pause, pauseRecords } from "@essentially-once/operator/internal/consumers/pause-record";
import { messagesIn } from "@essentially-once/operator/internal/routes/queues";
import type { Counts, FlowNode, NodeCounts } from "../../api/flow.ts";
import type { Recorder } from "../seen/recorder.ts";
import { whyOf } from "../why.ts";
import { waitingAges } from "./ages.ts";
import { deadLetterQueueId, queueId, WAKE_UPS_ID } from "./flow-of.ts";
import { type LimitNames, readLimits } from "./limits.ts";

export interface Counting {
  count(): Promise<Counts>;
  /** A pause or its end was made here: the next count looks for it. */
  lookAgain(): void;
}

export interface CountingOptions {
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  readonly queues: readonly ConsumerQueue[];
  readonly functions: readonly FlowNode[];
  /** Absent on a stage. */
  readonly recorder?: Recorder;
  readonly limits: LimitNames;
  /** The URL of the queue of wake-ups. */
  readonly wakeUps?: string | undefined;
  readonly now?: () => number;
}

/** A pause lasts minutes, and each look at it is a read. */
const PAUSES_EVERY_MS = 5_000;

export function counting(options: CountingOptions): Counting {
  const { sqs, dynamodb, queues, functions, recorder, limits, wakeUps, now = Date.now } = options;
  const ages = waitingAges();
  let pauses = new Map<string, Pause>();
  let pausesReadMs = Number.NEGATIVE_INFINITY;
  let unread: readonly string[] = [];
  return {
    lookAgain() {
      pausesReadMs = Number.NEGATIVE_INFINITY;
    },
    async count() {
      const ageOf = ages.at(now());
      const [depths, missing] = await depthsOf(sqs, queues);
      if (now() - pausesReadMs >= PAUSES_EVERY_MS) await readPauses();
      const { held, missing: unreadLimits } = await readLimits(dynamodb, {
        queues,
        names: limits,
        nowMs: now(),
      });
      missing.push(...unread, ...unreadLimits);
      const nodes: Record<string, NodeCounts> = {};
      for (const { consumer, visible: waiting, inFlight, delayed, dead } of depths) {
        nodes[queueId(consumer)] = {
          ...{ waiting, inFlight, delayed },
          ...ageOf(consumer, waiting),
          ...held.get(consumer),
          ...pausedBy(pauses.get(consumer)),
        };
        nodes[deadLetterQueueId(consumer)] = { dead };
      }
      if (wakeUps !== undefined) {
        const waiting = await messagesIn(sqs, wakeUps).catch(whyOf);
        if (typeof waiting === "number") nodes[WAKE_UPS_ID] = { waiting };
        else missing.push(`The queue of wake-ups was not counted: ${waiting}.`);
      }
      const totals = recorder?.totals();
      for (const { id } of recorder ? functions : []) {
        const own = totals?.get(id);
        nodes[id] = { perMinute: recorder?.perMinute(id) ?? 0, ...(own && { totals: { ...own } }) };
      }
      const dead = depths.reduce((sum, depth) => sum + depth.dead, 0);
      return { at: new Date(now()).toISOString(), nodes, dead, missing };
    },
  };

  async function readPauses(): Promise<void> {
    pausesReadMs = now();
    const records = pauseRecords(dynamodb);
    const read = await Promise.allSettled(queues.map((queue) => records.read(queue)));
    unread = read.flatMap((result, index) =>
      result.status === "rejected"
        ? [`Whether ${queues[index]?.consumer} is paused was not read: ${whyOf(result.reason)}.`]
        : [],
    );
    pauses = new Map(
      read.flatMap((result, index) => {
        const { consumer = "" } = queues[index] ?? {};
        return result.status === "fulfilled" && result.value ? [[consumer, result.value] as const] : [];
      }),
    );
  }
}

function pausedBy(pause: Pause | undefined): Pick<NodeCounts, "paused"> {
  if (pause === undefined) return {};
  return { paused: { by: "hand", since: pause.at, reason: `${pause.by}: ${pause.because}` } };
}

/** A queue that cannot be counted takes no other with it. */
async function depthsOf(sqs: SQSClient, queues: readonly ConsumerQueue[]): Promise<[QueueDepth[], string[]]> {
  const results = await Promise.allSettled(queues.map((queue) => readDepths(sqs, [queue])));
  const missing = results.flatMap((result, index) =>
    result.status === "rejected"
      ? [`The queues of ${queues[index]?.consumer} were not counted: ${whyOf(result.reason)}.`]
      : [],
  );
  return [results.flatMap((result) => (result.status === "fulfilled" ? result.value : [])), missing];
}
