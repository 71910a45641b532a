// The messages that this console sent back: how often each, and how each of them ended.
//
//   G11. So many are followed, for an hour at most.

import { cameWith } from "@essentially-once/messaging/internal/receive/park-attributes";
import type { DeadLetter } from "@essentially-once/operator/dead-letters/dead-letter";
import type { Handled } from "@essentially-once/operator/dead-letters/redrive";
import { awaitRedriven } from "@essentially-once/operator/internal/dead-letters/redrive-results";
import type { Redriven } from "../../api/dead-letter.ts";
import { consumerOfQueue, type Reached } from "../reached.ts";
import type { MessageIndex } from "../seen/message-index.ts";
import { wordingOf } from "./identity.ts";

export interface History {
  note(handled: Handled): void;
  /** It was edited or discarded here. */
  settle(deadLetter: Named, state: Settled): void;
  /** Undefined for one that was not. */
  settled(message: Named): Settled | undefined;
  /** How often it was sent back before, as far as this console knows. */
  redriven(deadLetter: DeadLetter): number;
  /** When it was sent back, RFC 3339. */
  times(message: { readonly id: string; readonly source?: string }): readonly string[];
  /** Finds out how those that are on the way ended. */
  look(): Promise<void>;
  /** As they were at the last look. */
  underWay(): Redriven[];
}

export type Settled = "superseded" | "discarded";

type Named = Pick<DeadLetter, "id" | "source" | "consumer">;

const FOLLOWED_MAX = 1_000;
const FOLLOWED_MS = 3_600_000;
const NOTED_MAX = 50_000;
/** One that ended is shown for a moment. */
const ENDED_SHOWN_MS = 60_000;

interface Followed {
  readonly handled: Handled;
  readonly atMs: number;
  became: Redriven["state"];
  endedMs?: number;
}

export function redriveHistory(
  reached: Reached,
  messages: MessageIndex,
  now: () => number = Date.now,
): History {
  const times = new Map<string, string[]>();
  const settled = new Map<string, Settled>();
  let followed: Followed[] = [];

  async function look(): Promise<void> {
    const open = followed.filter(({ became }) => became === "on-the-way");
    if (open.length === 0) return;
    const { connection, known } = reached;
    const handled = open.map((one) => one.handled);
    const results = await awaitRedriven(connection, handled, {
      known,
      waitMs: 0,
      pause: async () => undefined,
    });
    for (const [index, one] of open.entries()) {
      const became = results[index]?.became ?? "on-the-way";
      one.became = became === "done" || became === "gone" ? "processed" : became;
      if (one.became !== "on-the-way") one.endedMs = now();
    }
  }

  /** By others than this console: it came to its queue again, in another sending, after it had been parked. */
  function sentAgain({ id, source, consumer, body, copies }: DeadLetter): number {
    if (source === undefined) return 0; // what is no message has an id of its dead letter alone
    const wording = wordingOf(cameWith(copies[0] ?? {}).Signature?.StringValue, body);
    const parks = (messages.get(id, source)?.deliveries ?? []).filter(
      ({ end, queueArn, ...one }) =>
        end === "parked" &&
        one.wording === wording &&
        consumerOfQueue(reached, queueArn ?? "")?.consumer === consumer,
    );
    const sendings = Map.groupBy(parks, ({ sqsMessageId }) => sqsMessageId);
    const firstParkMs = Math.min(...parks.map(({ endedMs = Number.POSITIVE_INFINITY }) => endedMs));
    return [...sendings.values()].filter(([one]) => (one?.sentMs ?? 0) >= firstParkMs).length;
  }

  return {
    note(handled) {
      if (handled.outcome !== "sent-back") return;
      const atMs = now();
      const name = nameOf(handled.deadLetter);
      times.set(name, [...(times.get(name) ?? []), new Date(atMs).toISOString()]);
      const [oldest] = times.keys();
      if (times.size > NOTED_MAX && oldest !== undefined) times.delete(oldest);
      followed.push({ handled, atMs, became: "on-the-way" });
      followed = followed.slice(-FOLLOWED_MAX);
    },
    settle(deadLetter, state) {
      settled.set(nameOf(deadLetter), state);
      const [oldest] = settled.keys();
      if (settled.size > NOTED_MAX && oldest !== undefined) settled.delete(oldest);
    },
    settled: (message) => settled.get(nameOf(message)),
    redriven(deadLetter) {
      return Math.max(times.get(nameOf(deadLetter))?.length ?? 0, sentAgain(deadLetter));
    },
    times: (message) =>
      [...times].flatMap(([name, at]) => {
        const { id, source } = JSON.parse(name) as { id: string; source?: string };
        return id === message.id && (message.source === undefined || source === message.source) ? at : [];
      }),
    look,
    underWay() {
      const nowMs = now();
      followed = followed.filter(
        ({ atMs, endedMs }) => nowMs - atMs < FOLLOWED_MS && nowMs - (endedMs ?? nowMs) < ENDED_SHOWN_MS,
      );
      return followed.map(({ handled: { deadLetter }, atMs, became: state }) => {
        const { id, source, consumer } = deadLetter;
        const at = new Date(atMs).toISOString();
        return { id, consumer, at, state, ...(source !== undefined && { source }) };
      });
    },
  };
}

function nameOf({ id, source, consumer }: Named): string {
  return JSON.stringify({ id, source, consumer });
}
