// Messages, as the page asks for them: found by what was seen, told by what is stored.

import type { DeadLetter } from "@essentially-once/operator/dead-letters/dead-letter";
import type { CorrelationFlow, MessagePath, MessageState, SearchAnswer, Step } from "../../api/message.ts";
import type { DeadLetters } from "../dead-letters/dead-letter-source.ts";
import { consumerOfQueue, consumersOfType, type Reached } from "../reached.ts";
import { correlationFlow } from "./correlation.ts";
import { effectSteps } from "./effect-steps.ts";
import { storedOf } from "./evidence-steps.ts";
import { fieldsIn } from "./fields-in.ts";
import type { JournalReader } from "./journal-reader.ts";
import type { MessageIndex, SeenFields, SeenMessage } from "./message-index.ts";
import { type KnownStates, summaryOf } from "./message-state.ts";
import type { OutboxReader } from "./outbox-reader.ts";
import { processesOf } from "./processes.ts";
import type { SchedulesReader } from "./schedules-reader.ts";
import { inOrder, seenSteps } from "./steps.ts";

export interface Messages {
  search(text: string): Promise<SearchAnswer>;
  message(message: { readonly id: string; readonly source?: string }): Promise<MessagePath | undefined>;
  correlation(id: string): Promise<CorrelationFlow | undefined>;
}

export interface MessagesOptions {
  readonly reached: Reached;
  readonly index: MessageIndex;
  readonly journal: JournalReader;
  readonly outbox: OutboxReader;
  readonly schedules: SchedulesReader;
  readonly deadLetters: Pick<DeadLetters, "snapshots" | "history">;
  /** What a source that is not there would have told: "Deliveries of a stage are in its logs." */
  readonly missing: readonly string[];
  /** Of a message that is in no journal: as it was delivered. */
  readonly bodyOf?: (message: SeenMessage) => string | undefined;
  /** More steps, of logs; and what was not found there. */
  readonly logged?: (message: SeenMessage) => Promise<{ steps: readonly Step[]; missing: readonly string[] }>;
}

const FOUND_MAX = 100;
const FLOW_MAX = 500;

export function messageSource(options: MessagesOptions): Messages {
  const { reached, index, journal, outbox, schedules, deadLetters, missing, logged } = options;

  return {
    async search(text) {
      const wanted = text.trim();
      await refresh(wanted);
      const found = wanted === "" ? index.latest(FOUND_MAX + 1) : index.find(wanted);
      const known = await parkedStates();
      return {
        messages: found.slice(0, FOUND_MAX).map((message) => summaryOf(reached, message, known(message))),
        more: found.length > FOUND_MAX,
        missing: gaps(),
      };
    },

    async message({ id, source }) {
      await refresh(id);
      const message = index.get(id, source);
      return message && pathOf(message);
    },

    async correlation(id) {
      await refresh(id);
      const messages = index.byCorrelation(id);
      if (messages.length === 0) return undefined;
      const known = await parkedStates();
      const flow = correlationFlow(reached, id, messages.slice(0, FLOW_MAX), known);
      const cut = messages.length > FLOW_MAX ? [`Only the first ${FLOW_MAX} messages are here.`] : [];
      const { processes, missing } = await processesOf(reached, messages);
      return {
        ...flow,
        ...(processes.length > 0 && { processes }),
        missing: [...gaps(), ...cut, ...missing],
      };
    },
  };

  /** A message leaves the schedules for the outbox, and the outbox for the journal: read in this order, none is missed. */
  async function refresh(wanted: string): Promise<void> {
    await schedules.refresh();
    await outbox.refresh();
    await journal.refresh();
    const { all } = await deadLetters.snapshots.take();
    // Of a stage, a dead letter may be older than the part of the journal that is read. All of them could fill the index.
    for (const { deadLetter } of all) {
      const fields = fieldsOf(deadLetter);
      const { id = "", source, partitionkey, correlationid } = fields ?? {};
      const isMeant = [id, partitionkey, correlationid].includes(wanted);
      if (fields && isMeant && !index.get(id, source)) index.see(fields);
    }
  }

  async function pathOf(message: SeenMessage): Promise<MessagePath> {
    const { fields, deliveries } = message;
    const { all } = await deadLetters.snapshots.take();
    const isIt = (one: { readonly id: string; readonly source?: string }) =>
      one.id === fields.id && (one.source === undefined || one.source === fields.source);
    const parked = all.flatMap(({ deadLetter }) => (isIt(deadLetter) ? [deadLetter] : []));
    const delivered = deliveries.flatMap(({ queueArn }) =>
      queueArn === undefined ? [] : (consumerOfQueue(reached, queueArn) ?? []),
    );
    const consumers = [...new Set([...consumersOfType(reached, fields.type), ...delivered])];
    const body = (await journal.bodyOf(message)) ?? parked[0]?.body ?? options.bodyOf?.(message);
    const stored = await storedOf(reached, { body, consumers, deadLetters: parked });
    const outer = await effectSteps(reached, consumers, fields.partitionkey);
    const more = await logged?.(message);
    const redriven = deadLetters.history.times(fields).map(
      (at): Step => ({
        at,
        what: "redriven",
        told: "events",
        text: "Sent back to its queue from this console.",
      }),
    );
    const caused = index.causedBy(fields.id);
    const effects = caused.map(({ fields: { id, source, type, time } }): Step => {
      const at = time === undefined ? {} : { at: time };
      return {
        ...at,
        what: "caused",
        told: "journal",
        text: `Caused ${type}.`,
        message: { id, source, type },
      };
    });
    const known = await parkedStates();
    return {
      message: summaryOf(reached, message, stored.states),
      steps: inOrder([
        ...seenSteps(reached, message),
        ...stored.steps,
        ...outer.steps,
        ...redriven,
        ...effects,
        ...(more?.steps ?? []),
      ]),
      caused: caused.map((one) => summaryOf(reached, one, known(one))),
      missing: [
        ...forgotten(message),
        ...gaps(),
        ...stored.missing,
        ...outer.missing,
        ...(more?.missing ?? []),
      ],
    };
  }

  /** By the dead letters as they were last read: a list does not check the evidence of each. */
  async function parkedStates(): Promise<(message: SeenMessage) => KnownStates> {
    const { all, unread } = await deadLetters.snapshots.take();
    const parked = new Map<string, Map<string, MessageState>>();
    for (const { deadLetter } of all) {
      const { id, source = "", consumer } = deadLetter;
      const name = JSON.stringify([source, id]);
      parked.set(name, (parked.get(name) ?? new Map()).set(consumer, "parked"));
    }
    return ({ fields: { id, source }, deliveries }) => {
      const states = new Map(parked.get(JSON.stringify([source, id])));
      const last = new Map(deliveries.map((one) => [one.queueArn ?? "", one.end]));
      for (const [queueArn, end] of last) {
        const { consumer = "" } = consumerOfQueue(reached, queueArn) ?? {};
        if (end !== "parked" || states.has(consumer)) continue;
        // It is not in its dead-letter queue any more, unless another reader holds it.
        const settled = deadLetters.history.settled({ id, source, consumer });
        if (settled || unread.length === 0) states.set(consumer, settled ?? "unknown");
      }
      return states;
    };
  }

  function gaps(): string[] {
    const { registryMissing } = reached;
    return [
      ...missing,
      ...journal.missing(),
      ...outbox.missing(),
      ...schedules.missing(),
      ...(registryMissing === undefined ? [] : [registryMissing]),
    ];
  }
}

function forgotten({ dropped = 0, deliveries }: SeenMessage): string[] {
  if (dropped === 0) return [];
  return [`The first ${dropped} deliveries are not kept: only the latest ${deliveries.length} are here.`];
}

function fieldsOf({ body, id, source, type = "" }: DeadLetter): SeenFields | undefined {
  return fieldsIn(body) ?? (source === undefined ? undefined : { id, source, type });
}
