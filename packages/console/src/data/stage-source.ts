// The console of a stage, or of an emulator: what the operator's commands read, through the same connection. It only reads, unless the
// person who starts it allows changes.

import type { Connection } from "@essentially-once/operator/internal/connect/connection";
import type { StreamEvent } from "../api/stream.ts";
import { deadLetterSource } from "./dead-letters/dead-letter-source.ts";
import { pulls } from "./dead-letters/pulls.ts";
import { counting } from "./graph/counts.ts";
import { flowOf } from "./graph/flow-of.ts";
import { wakeUpsIn } from "./graph/parts.ts";
import { stageLimits, stageParts } from "./graph/stage-parts.ts";
import type { Logged } from "./logs/logged-steps.ts";
import { pausing } from "./pauses.ts";
import { reach } from "./reached.ts";
import { journalReader } from "./seen/journal-reader.ts";
import { messageIndex, type SeenMessage } from "./seen/message-index.ts";
import { messageSource } from "./seen/message-source.ts";
import { outboxReader } from "./seen/outbox-reader.ts";
import { schedulesReader } from "./seen/schedules-reader.ts";
import type { Source } from "./source.ts";

export interface StageSourceOptions {
  readonly connection: Connection;
  readonly name: string;
  /** For people: the region, or an endpoint. */
  readonly where: string;
  readonly mayChange: boolean;
  /** For `pull`: what a synthesis wrote; absent: the app in this directory is synthesized. */
  readonly assemblyDirectory?: string | undefined;
  readonly logged?: (message: SeenMessage) => Promise<Logged>;
}

/** Of the journal, which is read over the network. */
const ENTRIES_MAX = 5_000;

export async function stageSource({
  connection,
  name,
  where,
  mayChange,
  assemblyDirectory,
  logged,
}: StageSourceOptions): Promise<Source> {
  const watchers = new Set<(event: StreamEvent) => void>();
  const tell = (event: StreamEvent) => {
    for (const watcher of watchers) watcher(event);
  };
  const reached = await reach(connection);
  const { queues } = reached;
  const index = messageIndex();
  const deadLetters = deadLetterSource({ reached, messages: index, tell });
  const messages = messageSource({
    ...{ reached, index, deadLetters },
    journal: journalReader(connection, index, { entriesMax: ENTRIES_MAX }),
    outbox: outboxReader(connection, index),
    schedules: schedulesReader(connection, index),
    missing: logged ? [] : ["Deliveries are not known: the functions' logs are not read here."],
    ...(logged && { logged }),
  });
  const flow = flowOf(stageParts(reached), queues);
  const functions = flow.nodes.filter(({ kind }) => kind === "function");
  const counts = counting({
    sqs: connection.sqs,
    dynamodb: connection.dynamodb,
    queues,
    functions,
    ...{ limits: stageLimits(reached), wakeUps: wakeUpsIn(connection.outputs) },
  });
  const consumers = pausing(reached, counts.lookAgain);
  const pulled = pulls({ reached, snapshots: deadLetters.snapshots, assemblyDirectory });
  return {
    about: async () => ({
      ...{ target: "stage", name, where, mayChange, mayTrouble: false, mayPull: true, outsides: [] },
      missing: reached.registryMissing === undefined ? [] : [reached.registryMissing],
      consumers: queues.map((queue) => {
        const node = functions.find(({ consumer }) => consumer === queue.consumer);
        const { consumer } = queue;
        return { consumer, name: queue.name, service: node?.service ?? "", nodeId: node?.id ?? "" };
      }),
    }),
    flow: async () => flow,
    counts: counts.count,
    ...messages,
    deadLetters,
    consumers,
    pulls: pulled,
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    async stop() {
      deadLetters.stop();
      pulled.stop();
      consumers.stop();
      connection.sqs.destroy();
      connection.dynamodb.destroy();
    },
  };
}
