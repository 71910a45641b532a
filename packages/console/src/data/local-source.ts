// The console of a running local cloud: its events, its model, its engines.

import type { LocalCloud } from "@essentially-once/local-cloud/cloud";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";
import type { Served } from "@essentially-once/local-cloud/internal/page";
import type { Connection } from "@essentially-once/operator/internal/connect/connection";
import type { StreamEvent } from "../api/stream.ts";
import { type DeadLetters, deadLetterSource } from "./dead-letters/dead-letter-source.ts";
import { counting } from "./graph/counts.ts";
import { flowOf } from "./graph/flow-of.ts";
import { limitsIn, localParts } from "./graph/local-parts.ts";
import { wakeUpsIn } from "./graph/parts.ts";
import { type Pausing, pausing } from "./pauses.ts";
import { type Reached, reach } from "./reached.ts";
import { journalReader } from "./seen/journal-reader.ts";
import { type Messages, messageSource } from "./seen/message-source.ts";
import { outboxReader } from "./seen/outbox-reader.ts";
import type { Recorder } from "./seen/recorder.ts";
import { schedulesReader } from "./seen/schedules-reader.ts";
import type { Source } from "./source.ts";
import { localTrouble } from "./trouble/local-trouble.ts";
import { type Forms, sendForms } from "./trouble/send-forms.ts";

interface Parts {
  readonly reached: Reached;
  readonly deadLetters: DeadLetters;
  readonly messages: Messages;
  readonly forms: Forms;
  readonly consumers: Pausing;
}

/** A page that hears of a parked message reads the dead letters: not for each of many. */
const PARKED_TOLD_EVERY_MS = 1_000;

export function localSource(
  { cloud, outsides }: Pick<Served, "cloud" | "outsides">,
  recorder: Recorder,
): Source {
  const watchers = new Set<(event: StreamEvent) => void>();
  const tell = (event: StreamEvent) => {
    for (const watcher of watchers) watcher(event);
  };
  const connection = connectionOf(cloud);
  const { deployment } = cloud;
  let made: Promise<Parts> | undefined;
  let counts: ReturnType<typeof counting> | undefined;
  let parkedTold: NodeJS.Timeout | undefined;

  /** When a page first asks: a start does not wait for it. */
  async function parts(): Promise<Parts> {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  }

  async function make(): Promise<Parts> {
    const reached = await reach(connection);
    const { messages: index, resend } = recorder;
    const deadLetters = deadLetterSource({ reached, messages: index, tell });
    const messages = messageSource({
      ...{ reached, index, deadLetters, missing: [] },
      journal: journalReader(connection, index),
      outbox: outboxReader(connection, index),
      schedules: schedulesReader(connection, index),
      bodyOf: ({ fields, deliveries }) =>
        deliveries
          .flatMap(({ queueArn }) => (queueArn === undefined ? [] : (resend.get(fields, queueArn) ?? [])))
          .at(-1)?.body,
    });
    const consumers = pausing(reached, () => counts?.lookAgain());
    return {
      reached,
      deadLetters,
      messages,
      consumers,
      forms: sendForms(cloud, reached),
    };
  }

  async function flow() {
    const { queues } = (await parts()).reached;
    const urls = new Map([...outsides].map(([name, { url }]) => [name, url]));
    return flowOf(localParts({ deployment, queues, outsides: urls }), queues);
  }

  const stopWatching = recorder.watch((event) => {
    tell(event);
    if (event.kind !== "activity" || event.activity.what !== "parked" || parkedTold) return;
    parkedTold = setTimeout(() => {
      parkedTold = undefined;
      void made?.then(({ deadLetters }) => deadLetters.snapshots.expire());
      tell({ kind: "dead-letters" });
    }, PARKED_TOLD_EVERY_MS).unref();
  });

  return {
    async about() {
      const { reached } = await parts();
      const { nodes } = await flow();
      return {
        ...{
          target: "local",
          name: "local",
          where: cloud.endpoints.sqs,
          mayChange: true,
          mayTrouble: true,
          mayPull: false,
        },
        missing: reached.registryMissing === undefined ? [] : [reached.registryMissing],
        consumers: reached.queues.map(({ consumer, name }) => {
          const node = nodes.find((one) => one.kind === "function" && one.consumer === consumer);
          return { consumer, name, service: node?.service ?? "", nodeId: node?.id ?? "" };
        }),
        outsides: [...outsides.keys()],
      };
    },
    flow,
    async counts() {
      if (counts === undefined) {
        const { queues } = (await parts()).reached;
        const functions = (await flow()).nodes.filter(({ kind }) => kind === "function");
        counts = counting({
          sqs: connection.sqs,
          dynamodb: connection.dynamodb,
          queues,
          functions,
          ...{ recorder, limits: limitsIn(deployment, queues), wakeUps: wakeUpsIn(cloud.outputs) },
        });
      }
      return counts.count();
    },
    search: async (text) => (await parts()).messages.search(text),
    message: async (message) => (await parts()).messages.message(message),
    correlation: async (id) => (await parts()).messages.correlation(id),
    deadLetters: {
      overview: async () => (await parts()).deadLetters.overview(),
      list: async (asked) => (await parts()).deadLetters.list(asked),
      open: async (asked) => (await parts()).deadLetters.open(asked),
      redrive: async (request) => (await parts()).deadLetters.redrive(request),
      discard: async (request) => (await parts()).deadLetters.discard(request),
      edit: async (request) => (await parts()).deadLetters.edit(request),
      job: async (id) => (await parts()).deadLetters.job(id),
      jobs: async () => (await parts()).deadLetters.jobs(),
    },
    consumers: {
      pause: async (request) => (await parts()).consumers.pause(request),
      resume: async (request) => (await parts()).consumers.resume(request),
    },
    trouble: {
      make: localTrouble({ cloud, outsides, resend: recorder.resend }),
      forms: async () => (await parts()).forms.list(),
      send: async (request) => (await parts()).forms.send(request),
    },
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    async stop() {
      stopWatching();
      clearTimeout(parkedTold);
      await made?.then(
        ({ deadLetters, consumers }) => {
          deadLetters.stop();
          consumers.stop();
        },
        () => undefined,
      );
    },
  };
}

/** By the cloud's own clients, which it destroys itself. */
function connectionOf({ clients, outputs, endpoints }: LocalCloud): Connection {
  const { sqs, dynamodb } = clients;
  const { eventBridge: _none, sns: _sns, ...reachable } = endpoints;
  return {
    ...{ sqs, dynamodb, outputs },
    local: { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS, endpoints: reachable },
  };
}
