// What the stored records say of a message: the evidence of its consumers, and its dead letters.

import { type Envelope, readEnvelope } from "@essentially-once/messaging/envelope";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import type { DeadLetter } from "@essentially-once/operator/dead-letters/dead-letter";
import { askEvidence, type Verdict } from "@essentially-once/operator/internal/dead-letters/evidence";
import type { MessageState, Step } from "../../api/message.ts";
import type { Reached } from "../reached.ts";
import { whyOf } from "../why.ts";

export interface Stored {
  readonly steps: readonly Step[];
  readonly states: ReadonlyMap<string, MessageState>;
  readonly missing: readonly string[];
}

/** @param body the message as it was sent; without it no evidence can be checked */
export async function storedOf(
  { connection: { dynamodb } }: Reached,
  {
    body,
    consumers,
    deadLetters,
  }: {
    readonly body: string | undefined;
    readonly consumers: readonly ConsumerQueue[];
    readonly deadLetters: readonly DeadLetter[];
  },
): Promise<Stored> {
  const steps: Step[] = [];
  const missing: string[] = [];
  const states = new Map<string, MessageState>();
  for (const { consumer, reason, parkedAt, detail } of deadLetters) {
    states.set(consumer, "parked");
    const text = `In the dead-letter queue of ${consumer}: ${reason}.`;
    const at = parkedAt === undefined ? {} : { at: parkedAt };
    steps.push({ ...at, what: "parked", told: "dead-letter", text, consumer, code: reason, detail });
  }
  const envelope = body === undefined ? undefined : envelopeIn(body);
  if (envelope === undefined) return { steps, states, missing: [NO_BODY] };
  for (const queue of consumers) {
    const { consumer } = queue;
    try {
      const [verdict = { kind: "open" as const }] = await askEvidence({ dynamodb, queue }, [envelope]);
      const state = stateBy(verdict);
      if (state !== undefined) states.set(consumer, state);
      steps.push(evidenceStep(consumer, verdict));
    } catch (error) {
      missing.push(`The evidence of ${consumer} was not read: ${whyOf(error)}.`);
    }
  }
  return { steps, states, missing };
}

const NO_BODY = "Its text is not in the journal, so its evidence was not checked.";

/** For people. */
export function evidenceText(verdict: Verdict): string {
  switch (verdict.kind) {
    case "open":
      return "no evidence: not processed, as far as is known";
    case "done":
      return verdict.at === undefined ? "processed" : `processed at ${verdict.at}`;
    case "superseded":
      return `superseded by ${verdict.by}${verdict.sent ? "" : ", by an edit that was interrupted"}`;
    case "discarded":
      return `discarded at ${verdict.at}`;
    case "lost":
      return "lost, and counted: an at-most-once consumer gave it up";
    case "claimed":
      return `being processed, until ${new Date(Math.min(verdict.untilMs, 8.64e15)).toISOString()} at most`;
    case "id-reused":
      return "another message of its identity was processed";
  }
}

function evidenceStep(consumer: string, verdict: Verdict): Step {
  const at = verdict.kind === "done" || verdict.kind === "discarded" ? verdict.at : undefined;
  return {
    ...(at !== undefined && { at }),
    what: "evidence",
    told: "evidence",
    consumer,
    text: `Evidence of ${consumer}: ${evidenceText(verdict)}.`,
  };
}

function stateBy({ kind }: Verdict): MessageState | undefined {
  switch (kind) {
    case "done":
      return "done";
    case "superseded":
    case "discarded":
    case "lost":
      return kind;
    case "claimed":
      return "running";
    case "open":
    case "id-reused":
      return undefined;
  }
}

function envelopeIn(body: string): Envelope | undefined {
  try {
    return readEnvelope(body);
  } catch {
    return undefined; // whatever it is, no consumer has processed it
  }
}
