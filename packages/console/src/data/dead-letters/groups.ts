// Dead letters in groups of the same failure, the most urgent first: those that came back after a redrive, then the newest and
// largest.

import type { DeadLetterGroup, DeadLetterRow } from "../../api/dead-letter.ts";
import { fieldsIn } from "../seen/fields-in.ts";
import type { History } from "./history.ts";
import type { Known } from "./snapshot.ts";

const SLICES = 24;
const SLICE_SECONDS_MIN = 60;
const TEXT_MAX = 500;

export function groupsOf(all: readonly Known[], history: History, nowMs: number): DeadLetterGroup[] {
  return [...Map.groupBy(all, ({ group }) => group).values()]
    .map((members) => groupOf(members, history, nowMs))
    .sort(
      (a, b) =>
        Number(b.cameBack > 0) - Number(a.cameBack > 0) ||
        (b.lastSeen ?? "").slice(0, 13).localeCompare((a.lastSeen ?? "").slice(0, 13)) || // of the same hour
        b.count - a.count ||
        a.id.localeCompare(b.id),
    );
}

export function rowOf({ key, group, deadLetter }: Known, history: History): DeadLetterRow {
  const { id, source, type, consumer, reason, detail, parkedAt, receiveCount, body } = deadLetter;
  const { partitionkey, correlationid } = fieldsIn(body) ?? {};
  const optional = { source, type, parkedAt, receiveCount, partitionkey, correlationid };
  return {
    ...{ key, group, id, consumer, code: reason, detail: detail.slice(0, TEXT_MAX) },
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    bodyBytes: Buffer.byteLength(body),
    redriven: history.redriven(deadLetter),
  };
}

function groupOf(members: readonly Known[], history: History, nowMs: number): DeadLetterGroup {
  const [{ key, group, place, placeKind, deadLetter } = never()] = members;
  const times = members.flatMap(({ deadLetter: { parkedAt } }) => parkedAt ?? []).sort();
  const [firstSeen, lastSeen] = [times.at(0), times.at(-1)];
  const { overTime, sliceSeconds } = slicesOf(
    times.map((time) => Date.parse(time)),
    nowMs,
  );
  return {
    ...{ id: group, consumer: deadLetter.consumer, code: deadLetter.reason, place, placeKind },
    count: members.length,
    ...(firstSeen !== undefined && { firstSeen }),
    ...(lastSeen !== undefined && { lastSeen }),
    ...{ overTime, sliceSeconds },
    cameBack: members.filter((one) => history.redriven(one.deadLetter) > 0).length,
    example: key,
  };
}

/** From the first to now, in equal slices of whole minutes. */
function slicesOf(timesMs: readonly number[], nowMs: number) {
  const oldestMs = Math.min(nowMs, ...timesMs.slice(0, 1));
  const minutes = Math.ceil((nowMs - oldestMs + 1) / (SLICES * 60_000));
  const sliceSeconds = Math.max(SLICE_SECONDS_MIN, minutes * 60);
  const overTime = new Array<number>(SLICES).fill(0);
  for (const ms of timesMs) {
    const back = Math.floor(Math.max(0, nowMs - ms) / (sliceSeconds * 1_000));
    const slice = SLICES - 1 - back;
    if (slice >= 0) overTime[slice] = (overTime[slice] ?? 0) + 1;
  }
  return { overTime, sliceSeconds };
}

function never(): never {
  throw new Error("a group has a member");
}
