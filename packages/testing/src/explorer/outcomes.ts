// The outcome of each message of a run: how often it was delivered, and whether it was acknowledged, returned to its queue,
// or parked and with which code.
import type { SQSRecord } from "aws-lambda";
import type { Call } from "./call.ts";
import type { Sandbox } from "./sandbox.ts";

export interface Outcomes {
  delivered(records: readonly SQSRecord[]): void;
  /** The queue may forget these. */
  acknowledged(records: readonly Pick<SQSRecord, "messageId">[]): void;
  /** A message that no queue brought (of a journal, or a request) is known by the calls that are made for it. */
  onCall(call: Pick<Call, "belongs">): void;
  onDone(call: Pick<Call, "command" | "input" | "belongs">): void;
  /** `0003-1 (tests.deposited.v1): acknowledged after 2 deliveries` */
  lines(): string[];
}

interface Seen {
  readonly name: string;
  readonly body: string;
  readonly id: unknown;
  deliveries: number;
  acknowledged: boolean;
  parked?: string;
}

export function outcomes({ deadLetterUrls }: Pick<Sandbox, "deadLetterUrls">): Outcomes {
  const messages = new Map<string, Seen>();
  const runs = new Map<string, Set<object>>();
  return {
    delivered(records) {
      for (const { messageId, body } of records) {
        const seen = messages.get(messageId) ?? {
          ...nameOf(messageId, body),
          body,
          deliveries: 0,
          acknowledged: false,
        };
        seen.deliveries++;
        messages.set(messageId, seen);
      }
    },
    acknowledged(records) {
      for (const { messageId } of records) {
        const seen = messages.get(messageId);
        if (seen) seen.acknowledged = true;
      }
    },
    onCall({ belongs: { message, run = {} } = {} }) {
      if (message === undefined || [...messages.values()].some(({ id }) => id === message.id)) return;
      const name = `${message.id} (${message.type})`;
      runs.set(name, (runs.get(name) ?? new Set()).add(run));
    },
    onDone({ command, input, belongs }) {
      if (!/^SendMessage/.test(command)) return;
      for (const { QueueUrl, MessageBody, MessageAttributes } of sentBy(input)) {
        if (!deadLetterUrls.has(QueueUrl)) continue;
        const parked = [...messages.values()].find(({ id, body }) =>
          belongs?.message ? belongs.message.id === id : body === MessageBody,
        );
        if (parked) parked.parked = MessageAttributes?.ReasonCode?.StringValue ?? "no code";
      }
    },
    lines: () => [
      ...[...messages.values()].map((seen) => `${seen.name}: ${outcomeOf(seen)}`),
      ...[...runs].map(
        ([name, { size }]) => `${name}: ${size === 1 ? "1 run" : `${size} runs`} of the handler`,
      ),
    ],
  };
}

function outcomeOf({ deliveries, acknowledged, parked }: Seen): string {
  const after = deliveries === 1 ? "1 delivery" : `${deliveries} deliveries`;
  if (parked !== undefined) return `parked with ${parked} after ${after}`;
  return acknowledged ? `acknowledged after ${after}` : `returned to its queue after ${after}`;
}

interface Sent {
  readonly QueueUrl: string;
  readonly MessageBody?: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly StringValue?: string }>>;
}

function sentBy(input: unknown): Sent[] {
  const { Entries, ...only } = input as Sent & { readonly Entries?: readonly Omit<Sent, "QueueUrl">[] };
  return (Entries ?? [only]).map((one) => ({ ...one, QueueUrl: only.QueueUrl }));
}

/** By the envelope's id and type where there is one that can be read. */
function nameOf(messageId: string, body: string): Pick<Seen, "name" | "id"> {
  try {
    const { id, type } = JSON.parse(body) as Readonly<Record<string, unknown>>;
    if (typeof id === "string") return { name: `${id} (${type})`, id };
  } catch {
    // not an envelope: SQS's own id is all there is
  }
  return { name: messageId, id: undefined };
}
