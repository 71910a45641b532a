// One partition's part of a run: page after page, record after record, until there is nothing left, the time or
// the pages are used up, a record fails, or another worker turns out to have the partition.
//
//   G4. One record at a time, and none past a failure.
//   G6. A parked record is kept with its reason, in the transaction that moves the offset past it.
//   G10. Records of types that the contract does not accept have no effect: the offset moves past a run of them at once.
//   G11. Pages are bounded, and so is the time.

import { marshall } from "@aws-sdk/util-dynamodb";
import type { Context } from "aws-lambda";
import type { Write } from "../commit/unit-of-work.ts";
import { nowIso, nowMs } from "../core/clock.ts";
import { errorCodeOf, placeOf } from "../core/error-code.ts";
import { metricNames } from "../core/metric-names.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import { type Envelope, readKept } from "../envelope/envelope.ts";
import { log } from "../observe/log.ts";
import { count } from "../observe/metrics.ts";
import { duringMessage } from "../observe/scope.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import { OffsetMoved, type Offsets } from "./offset.ts";
import { type Perform, rebuildPublishes } from "./offset-modes.ts";

export interface PullOptions {
  readonly journal: Journal;
  readonly partition: number;
  readonly offsets: Offsets;
  readonly perform: Perform;
  /** The types to act on. */
  readonly types: ReadonlySet<string>;
  readonly onPoison: "stop" | "park";
  /** Where a parked record is kept, and the generation it is named after. */
  readonly table: string;
  readonly prefix: string;
  readonly pageSize: number;
  readonly pagesMax: number;
  readonly deadlineMs: number;
}

export interface Pulled {
  readonly records: number;
  readonly end: "caught-up" | "more" | "overtaken" | "held" | "stopped";
}

/** No record is started with less time left: it could not be finished. */
const recordMs = 500;

export async function pullPartition(options: PullOptions, context: Context): Promise<Pulled> {
  const { journal, partition, offsets, types, table, prefix, deadlineMs } = options;
  const fields = { projection: prefix, partition };
  let offset = 0;
  let seen = 0; // beyond the offset only by records without effect
  let records = 0;
  try {
    offset = seen = await offsets.read(partition);
    const end = await pullPages();
    if (records > 0) log("info", "PULLED", { ...fields, records, offset });
    return { records, end };
  } catch (error) {
    return { records, end: endOf(error, { ...fields, records, offset, sequence: seen + 1 }) };
  }

  async function pullPages(): Promise<Pulled["end"]> {
    for (let page = 0; page < options.pagesMax && hasTime(); page++) {
      const entries = await journal.read({ partition, after: seen, limit: options.pageSize });
      if (entries.length === 0) return "caught-up";
      for (const entry of entries) {
        if (!hasTime()) break;
        await pullEntry(entry);
      }
      if (seen > offset) await moveTo(seen, []);
    }
    return "more";
  }

  async function pullEntry({ body, sequence }: JournalEntry): Promise<void> {
    try {
      const message: Envelope = readKept(body);
      if (types.has(message.type)) {
        const move = { partition, from: offset, to: sequence };
        await duringMessage(message, async () => {
          await options.perform({ message, move, deadlineMs }, context);
          count(metricNames.processed);
        });
        offset = sequence;
        records++;
      }
    } catch (error) {
      const { permanentReason } = await import("../aws/permanent.ts");
      const reason = permanentReason(error);
      if (reason === undefined) throw error;
      if (options.onPoison === "stop" || reason.code === rebuildPublishes) throw reason;
      await moveTo(sequence, [parkWrite(reason, { body, sequence })]);
      const { code: reasonCode, detail: reasonDetail } = reason;
      log("warn", "PULL_PARKED", { ...fields, sequence, reasonCode, reasonDetail });
    }
    seen = sequence;
  }

  async function moveTo(to: number, writes: Write[]): Promise<void> {
    await offsets.commit({ partition, from: offset, to }, writes, { deadlineMs });
    offset = to;
  }

  function parkWrite({ code, detail }: Park, { body, sequence }: JournalEntry): Write {
    const item = { body, reasonCode: code, reasonDetail: detail, parkedAt: nowIso() };
    return {
      Put: {
        TableName: table,
        Item: marshall({ id: `${prefix}#parked#${partition}#${sequence}`, ...item }),
      },
    };
  }

  function hasTime(): boolean {
    return nowMs() < deadlineMs - recordMs;
  }
}

/** Why the partition goes no further in this run. */
function endOf(error: unknown, fields: Readonly<Record<string, unknown>>): Pulled["end"] {
  if (error instanceof OffsetMoved) {
    log("info", "PULL_OVERTAKEN", fields);
    return "overtaken";
  }
  if (error instanceof RetryLater) {
    log("warn", "PULL_HELD", { ...fields, errorCode: error.code });
    return "held";
  }
  const reason =
    error instanceof Park
      ? { reasonCode: error.code, reasonDetail: error.detail }
      : { errorCode: errorCodeOf(error), at: placeOf(error) };
  log("error", "PULL_STOPPED", { ...fields, ...reason });
  return "stopped";
}
