// Shows one dead letter in full: the message, its reason, its evidence, and the decision of a redrive.
//
//   The payload is left out unless it is asked for: the output of an operator's terminal is kept and shared.
//   Operators often look at broken messages: each part that cannot be shown says why, and does not affect the others.

import type { Envelope } from "@essentially-once/messaging/envelope";
import type { ClaimStore } from "@essentially-once/messaging/internal/commit/claim-store";
import { claimBytesMax, parseExact } from "@essentially-once/messaging/internal/envelope/caps";
import { cameWith } from "@essentially-once/messaging/internal/receive/park-attributes";
import { Park, RetryLater } from "@essentially-once/messaging/outcome";
import { type Authenticity, authenticityOf } from "./authenticity.ts";
import type { DeadLetter } from "./dead-letter.ts";
import type { Decision } from "./decision.ts";
import { type Discarded, readDiscards } from "./discard-record.ts";
import { readEffect } from "./effect-record.ts";
import type { EvidencePlace, Verdict } from "./evidence.ts";
import { readHold } from "./group-hold.ts";
import { judge, type Knowledge } from "./judge.ts";
import { heldIdOf, isForeign, messageOf } from "./original-form.ts";

/** What could not be found out, and why. */
export interface Unknown {
  readonly unknown: string;
}

export interface Shown {
  readonly consumer: string;
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
  readonly type?: string;
  readonly source?: string;
  /** RFC 3339, of the message. */
  readonly time?: string;
  readonly parkedAt?: string;
  readonly firstReceivedAt?: string;
  readonly receiveCount?: number;
  readonly copies: number;
  /** The SQS message ids of its copies; the commands accept each as ID. */
  readonly messageIds: readonly string[];
  /** The consumer that parked it; if it is not the consumer of this queue, no evidence was looked for under its name. */
  readonly parkedBy?: string;
  readonly correlationid?: string;
  readonly causationid?: string;
  readonly traceparent?: string;
  readonly partitionkey?: string;
  readonly sequence?: string;
  readonly dataref?: string;
  readonly hops?: number;
  /** Its signature, as it was held against the keys just now. */
  readonly signature: Authenticity | Unknown;
  /** The names of the attributes that it came with. */
  readonly attributes: readonly string[];
  readonly bodyBytes: number;
  /** Why the message could not be restored; then its stub is shown. */
  readonly unrestored?: string;
  readonly evidence: Verdict | Unknown;
  /** What a redrive would do with it. */
  readonly redrive: Decision | Unknown;
  /** Its place among the parked of its group, from 1. */
  readonly line?: { readonly group: string; readonly place: number; readonly length: number } | Unknown;
  /** What is known of the effect outside that its reason names. */
  readonly effect?: Readonly<Record<string, unknown>> | Unknown;
  readonly discards: readonly Discarded[] | Unknown;
  /** In which it came, when that is not the relay's. */
  readonly form?: string;
  /** Only when it was asked for: what a handler sees of it, and its body as it came in a form of its own. */
  readonly payload?: unknown;
  readonly original?: string;
}

export interface ShowOptions {
  readonly known?: Knowledge;
  readonly payload: boolean;
  readonly claims?: ClaimStore | undefined;
}

export async function show(
  place: EvidencePlace,
  deadLetter: DeadLetter,
  { known = {}, payload, claims }: ShowOptions,
): Promise<Shown> {
  const { consumer, id, reason, detail, type, source, parkedAt, receiveCount, body, copies, notes } =
    deadLetter;
  const { from } = place.queue;
  const message = messageOf(place.queue, deadLetter);
  const [judged, line, effect, discards, said] = await Promise.all([
    unlessFailed(async () => (await judge(place, [deadLetter], known))[0]),
    unlessFailed(() => placeInLine(place, deadLetter)),
    unlessFailed(() => readEffect(place, detail)),
    unlessFailed(() => readDiscards(place, id)),
    payload ? unlessFailed(() => payloadOf(body, message, claims)) : undefined,
  ]);
  const fields = {
    type,
    source,
    time: message?.time,
    parkedAt,
    firstReceivedAt: notes?.firstReceivedAt,
    receiveCount,
    parkedBy: notes?.parkedBy,
    correlationid: message?.correlationid,
    causationid: message?.causationid,
    traceparent: message?.traceparent,
    partitionkey: message?.partitionkey,
    sequence: message?.sequence,
    dataref: message?.dataref,
    hops: message?.hops,
    unrestored: deadLetter.unrestored,
    line,
    effect,
    form: from?.form.form,
    payload: said,
    original: payload && isForeign(from) ? body : undefined,
  };
  return {
    consumer,
    id,
    reason,
    detail,
    ...(Object.fromEntries(
      Object.entries(fields).filter(([, value]) => value !== undefined),
    ) as Partial<Shown>),
    copies: copies.length,
    messageIds: copies.map(({ MessageId = "" }) => MessageId),
    attributes: Object.keys(cameWith(copies[0] ?? {})).sort(),
    bodyBytes: Buffer.byteLength(body),
    ...(await judgedParts(judged)),
    discards: discards ?? [],
  };

  /** Evidence that cannot be read says nothing about the signature. */
  async function judgedParts(judged: Awaited<ReturnType<typeof judge>>[0] | Unknown | undefined) {
    if (judged !== undefined && !("unknown" in judged)) {
      return { signature: judged.authenticity, evidence: judged.verdict, redrive: judged.decision };
    }
    const evidence = judged ?? { unknown: "nothing was found out" };
    const signature = await unlessFailed(() => authenticityOf(known.keys, place.queue, deadLetter));
    return { signature, evidence, redrive: evidence };
  }
}

async function placeInLine(place: EvidencePlace, deadLetter: DeadLetter) {
  const { group } = deadLetter;
  const { line = [] } = (await readHold(place, deadLetter)) ?? {};
  const index = line.indexOf(heldIdOf(place.queue, deadLetter));
  return group === undefined || index < 0 ? undefined : { group, place: index + 1, length: line.length };
}

async function unlessFailed<Value>(work: () => Promise<Value>): Promise<Value | Unknown> {
  try {
    return await work();
  } catch (error) {
    return { unknown: whyOf(error) };
  }
}

function whyOf(error: unknown): string {
  if (error instanceof Park) return `${error.code}: ${error.detail}`;
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const name = error instanceof RetryLater ? error.code : error.name;
  return cause instanceof Error ? `${name} (${cause.name})` : name;
}

/** The data, fetched when it travels elsewhere; the text of what is no message or no data that a handler sees. */
async function payloadOf(
  body: string,
  message: Envelope | undefined,
  claims: ClaimStore | undefined,
): Promise<unknown> {
  if (message === undefined) return body;
  if (message.dataref === undefined || claims === undefined) return message.data;
  const text = await claims.get(message.dataref);
  try {
    return parseExact(text, claimBytesMax);
  } catch (error) {
    if (error instanceof Park) return text; // what people correct and send again has the numbers of its sender
    throw error;
  }
}
