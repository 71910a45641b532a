// The messages that were seen, by every id that a person may look for. In memory and bounded: the oldest are forgotten.
//
//   G11. So many messages, so many deliveries of each, so many bytes of bodies.

import type { DeliveryEnd } from "../../api/message.ts";

/** The attributes of an envelope, without its data. */
export interface SeenFields {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time?: string;
  readonly partitionkey?: string;
  readonly correlationid?: string;
  readonly causationid?: string;
}

export interface SeenDelivery {
  readonly path: string;
  readonly environment: string;
  readonly requestId: string;
  /** Of a queue; absent for a request to an endpoint. */
  readonly queueArn?: string;
  readonly sqsMessageId?: string;
  readonly receiveCount?: number;
  readonly sentMs?: number;
  /** Of its text and signature. */
  readonly wording?: string;
  readonly startedMs: number;
  endedMs?: number;
  end?: DeliveryEnd;
  code?: string;
  detail?: string;
  retryAfterSeconds?: number;
  /** The consumer said that it was processed, or absorbed, before whatever ended the delivery. */
  said?: "processed" | "duplicate";
  readonly chaos: string[];
}

export interface SeenMessage {
  fields: SeenFields;
  readonly deliveries: SeenDelivery[];
  /** How many earlier deliveries were forgotten. */
  dropped?: number;
  /** Where it is in the journal. */
  entry?: { readonly partition: number; readonly sequence: number };
  /** At the last look. */
  isInOutbox?: boolean;
  /** As it was last seen among the scheduled messages. */
  scheduled?: SeenSchedule;
}

export interface SeenSchedule {
  readonly contract: string;
  readonly key: string;
  /** RFC 3339, both. */
  readonly due: string;
  readonly createdAt: string;
  /** When it was not among them any more: sent, or canceled. */
  readonly goneMs?: number;
}

export interface MessageIndex {
  /** Finds or adds it, and keeps what is new of its fields. */
  see(fields: SeenFields): SeenMessage;
  get(id: string, source?: string): SeenMessage | undefined;
  /** Whole ids: of the message, its key, its correlation, or SQS's. Newest first. */
  find(text: string): SeenMessage[];
  byCorrelation(id: string): SeenMessage[];
  causedBy(id: string): SeenMessage[];
  /** So that it is found by SQS's id, too. */
  nameAlso(message: SeenMessage, sqsMessageId: string): void;
  latest(count: number): SeenMessage[];
  readonly size: number;
}

export const MESSAGES_MAX = 20_000;
/** Of one message. */
export const DELIVERIES_MAX = 100;

export function messageIndex(messagesMax = MESSAGES_MAX): MessageIndex {
  const all = new Map<string, SeenMessage>();
  const names = new Map<string, Set<SeenMessage>>();
  const causes = new Map<string, Set<SeenMessage>>();
  const sqsIds = new Map<SeenMessage, Set<string>>();

  function see(fields: SeenFields): SeenMessage {
    const key = keyOf(fields);
    const known = all.get(key);
    if (known) {
      // The journal has what was committed; a delivery may be a forgery of the same id.
      const both = known.entry ? { ...fields, ...known.fields } : { ...known.fields, ...fields };
      const more = { ...both, type: both.type || known.fields.type };
      if (namesOf(more).some((name) => !names.get(name)?.has(known))) enter(known, more);
      known.fields = more;
      return known;
    }
    const added: SeenMessage = { fields, deliveries: [] };
    all.set(key, added);
    enter(added, fields);
    for (const [oldest, message] of all) {
      if (all.size <= messagesMax) break;
      all.delete(oldest);
      forget(message);
    }
    return added;
  }

  function enter(message: SeenMessage, fields: SeenFields): void {
    for (const name of namesOf(fields)) add(names, name, message);
    if (fields.causationid) add(causes, fields.causationid, message);
  }

  function forget(message: SeenMessage): void {
    for (const name of [...namesOf(message.fields), ...(sqsIds.get(message) ?? [])])
      remove(names, name, message);
    if (message.fields.causationid) remove(causes, message.fields.causationid, message);
    sqsIds.delete(message);
  }

  return {
    see,
    get(id, source) {
      if (source !== undefined) return all.get(keyOf({ id, source }));
      return [...(names.get(id) ?? [])].findLast(({ fields }) => fields.id === id);
    },
    find: (text) => byTime([...(names.get(text) ?? [])]).reverse(),
    byCorrelation: (id) =>
      byTime([...(names.get(id) ?? [])].filter(({ fields }) => fields.correlationid === id)),
    causedBy: (id) => byTime([...(causes.get(id) ?? [])]),
    nameAlso(message, sqsMessageId) {
      add(names, sqsMessageId, message);
      sqsIds.set(message, (sqsIds.get(message) ?? new Set()).add(sqsMessageId));
    },
    latest: (count) =>
      byTime([...all.values()].slice(-count * 2))
        .slice(-count)
        .reverse(),
    get size() {
      return all.size;
    },
  };
}

function keyOf({ id, source }: { readonly id: string; readonly source: string }): string {
  return JSON.stringify([source, id]);
}

function namesOf({ id, partitionkey, correlationid }: SeenFields): string[] {
  return [...new Set([id, partitionkey, correlationid].filter((name) => name !== undefined))];
}

function byTime(messages: SeenMessage[]): SeenMessage[] {
  return messages.sort((a, b) => timeOf(a).localeCompare(timeOf(b)));
}

function timeOf({ fields, deliveries: [first] }: SeenMessage): string {
  return fields.time ?? (first ? new Date(first.startedMs).toISOString() : "");
}

function add(index: Map<string, Set<SeenMessage>>, name: string, message: SeenMessage): void {
  const there = index.get(name);
  if (there) there.add(message);
  else index.set(name, new Set([message]));
}

function remove(index: Map<string, Set<SeenMessage>>, name: string, message: SeenMessage): void {
  const there = index.get(name);
  there?.delete(message);
  if (there?.size === 0) index.delete(name);
}
