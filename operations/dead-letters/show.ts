// One dead letter in full: what it is, why it is here, what became of it, and what a redrive would do.
//
//   What the message says is not among it unless it is asked for: an operator's terminal is kept and shared.

import type { ClaimStore } from "../../functions/messaging/claim-store.ts";
import { nowMs } from "../../functions/messaging/clock.ts";
import { bodyId } from "../../functions/messaging/message-group.ts";
import { originalAttributes } from "../../functions/messaging/park-attributes.ts";
import { ageText } from "../age.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { type Decision, decide } from "./decision.ts";
import { type Discarded, readDiscards } from "./discard-record.ts";
import { readEffect } from "./effect-record.ts";
import { askEvidence, type EvidencePlace, messageIn, type Verdict } from "./evidence.ts";
import { readLine } from "./line.ts";

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
  /** What its consumer called itself; another name than ours is one under which nobody looked for evidence. */
  readonly parkedBy?: string;
  readonly correlationid?: string;
  readonly causationid?: string;
  readonly traceparent?: string;
  readonly partitionkey?: string;
  readonly sequence?: string;
  readonly dataref?: string;
  readonly hops?: number;
  /** The key that signed it. */
  readonly signedWith?: string;
  /** The names of the attributes that it came with. */
  readonly attributes: readonly string[];
  readonly bodyBytes: number;
  readonly evidence: Verdict;
  /** What a redrive would do with it. */
  readonly redrive: Decision;
  /** Its place among the parked of its group, from 1. */
  readonly line?: { readonly group: string; readonly place: number; readonly length: number };
  /** What is known of the effect outside that its reason names. */
  readonly effect?: Readonly<Record<string, unknown>>;
  readonly discards: readonly Discarded[];
  /** Only when it was asked for. */
  readonly payload?: unknown;
}

export async function show(
  place: EvidencePlace,
  deadLetter: DeadLetter,
  { payload, claims }: { payload: boolean; claims?: ClaimStore | undefined },
): Promise<Shown> {
  const { consumer, id, reason, detail, type, parkedAt, receiveCount, body, copies, group } = deadLetter;
  const message = messageIn(body);
  const [evidence = { kind: "open" as const }] = await askEvidence(place, [body]);
  const line = (await readLine(place, deadLetter))?.line ?? [];
  const beside = copies[0]?.MessageAttributes ?? {};
  const attributes = originalAttributes(beside);
  const known = {
    type,
    source: message?.source,
    time: message?.time,
    parkedAt,
    firstReceivedAt: beside.FirstReceivedAt?.StringValue,
    receiveCount,
    parkedBy: beside.Consumer?.StringValue,
    correlationid: message?.correlationid,
    causationid: message?.causationid,
    traceparent: message?.traceparent,
    partitionkey: message?.partitionkey,
    sequence: message?.sequence,
    dataref: message?.dataref,
    hops: message?.hops,
    signedWith: attributes.Signature?.StringValue?.split(".")[1],
    line:
      group !== undefined && line.includes(bodyId(body))
        ? { group, place: line.indexOf(bodyId(body)) + 1, length: line.length }
        : undefined,
    effect: await readEffect(place, detail),
    payload: payload ? await payloadOf(body, claims) : undefined,
  };
  return {
    consumer,
    id,
    reason,
    detail,
    ...(Object.fromEntries(
      Object.entries(known).filter(([, value]) => value !== undefined),
    ) as Partial<Shown>),
    copies: copies.length,
    attributes: Object.keys(attributes).sort(),
    bodyBytes: Buffer.byteLength(body),
    evidence,
    redrive: decide(deadLetter, evidence),
    discards: await readDiscards(place, id),
  };
}

type Named = readonly [name: string, value: string];

/** As lines of `name  value`, for a terminal. */
export function linesOf({
  payload,
  discards,
  evidence,
  redrive,
  line,
  effect,
  attributes,
  ...plain
}: Shown): Named[] {
  const rows = Object.entries(plain).map(([name, value]): Named => [name, `${value}`]);
  const sinceMs = plain.parkedAt === undefined ? Number.NaN : nowMs() - Date.parse(plain.parkedAt);
  const more: (Named | undefined)[] = [
    Number.isNaN(sinceMs) ? undefined : ["parked since", ageText(sinceMs)],
    ["attributes", attributes.join(", ") || "none"],
    ["evidence", evidenceText(evidence)],
    ["a redrive", wouldText(redrive)],
    line && ["line", `${line.place} of ${line.length} parked of group ${line.group}`],
    effect && ["effect", JSON.stringify(effect)],
    ...discards.map(({ at, by, because }): Named => ["discarded", `${at} by ${by}: ${because}`]),
    payload === undefined ? undefined : ["payload", JSON.stringify(payload)],
  ];
  return [...rows, ...more.filter((one) => one !== undefined)];
}

function evidenceText(evidence: Verdict): string {
  switch (evidence.kind) {
    case "open":
      return "none";
    case "done":
      return evidence.at === undefined ? "done" : `done at ${evidence.at}`;
    case "superseded":
      return `superseded by ${evidence.by}, ${evidence.sent ? "which was sent" : "which was not sent"}`;
    case "lost":
      return "lost: at most once, and counted";
    case "claimed":
      return `claimed by a delivery until ${new Date(evidence.untilMs).toISOString()}`;
    case "id-reused":
      return "of another message with its id";
  }
}

function wouldText({ outcome, why }: Decision): string {
  const what = { "sent-back": "would send it back", removed: "would remove it", left: "would leave it" };
  return why === undefined ? what[outcome] : `${what[outcome]}: ${why}`;
}

/** The data, fetched when it travels elsewhere; for what is no message, the text. */
async function payloadOf(body: string, claims: ClaimStore | undefined): Promise<unknown> {
  const message = messageIn(body);
  if (message === undefined) return body;
  if (message.dataref === undefined || claims === undefined) return message.data;
  return JSON.parse(await claims.get(message.dataref));
}
