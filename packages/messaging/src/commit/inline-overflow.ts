// Evidence that has left an item, in the evidence table: shared rows of an item, each with many messages, and for an item
// with more than they hold, a row for each message. Loaded with the first item that has such evidence.
//
//   G2. A record is in a row before the item drops it: the row is written first, and the item's own write, which may then
//   drop it, has the condition that its evidence has not moved. So a read of the rows after a read of the item misses
//   nothing committed before the latter; a commit after it fails that condition.
//   G11. Such a read takes at most `rowsMax` + 1 rows, in one request; none while this process knows what they hold.
//   docs/adr/0021-inline-keeps-what-leaves-the-item.md

import type { Outcome } from "../core/outcome.ts";
import type { Delivery } from "./delivery.ts";
import { dropOldest } from "./done-here.ts";
import {
  type Beyond,
  beyondOf,
  type EvidenceText,
  type Found,
  findRecord,
  isUnsettled,
  marked,
  readText,
  recordLength,
  recordOf,
  withBeyond,
  writeText,
} from "./evidence-text.ts";
import { entryFor, outcomeOf, refuseLost, today } from "./item-evidence.ts";
import {
  isRecent,
  nameOf,
  type OverflowPlace,
  pieces,
  putApart,
  putWhereRoomIs,
  readOwn,
  readRow,
  rowsMax,
  storedLength,
} from "./overflow-rows.ts";

/**
 * What the rows say of a message that the item does not know.
 * @returns the evidence, settled: with what was found out about its rows
 * @throws Park ID_REUSED or EVIDENCE_GONE
 */
export async function readOverflow(
  place: OverflowPlace,
  evidence: string,
  delivery: Delivery,
): Promise<{ readonly known: Outcome | undefined; readonly evidence: string }> {
  const entry = entryFor(delivery);
  const given = readText(evidence);
  const unsettled = isUnsettled(given, entry.mark);
  const text = unsettled ? allPossible(given, entry) : given;
  const beyond = beyondOf(text, entry.mark);
  const { found, rows } = await findInRows(place, beyond, delivery);
  if (found) return { known: outcomeOf(found), evidence };
  refuseLost(text, entry);
  if (!unsettled) return { known: undefined, evidence };
  const there = settled(beyond, rows);
  remember(nameOf(place, delivery), { token: there.token, row: there.row, rows });
  return { known: undefined, evidence: writeText(withBeyond(text, there)) };
}

/** For an operator, who asks and does not add. */
export async function findInOverflow(
  place: OverflowPlace,
  evidence: string,
  delivery: Delivery,
): Promise<Found> {
  const entry = entryFor(delivery);
  const text = readText(evidence);
  const given = isUnsettled(text, entry.mark) ? allPossible(text, entry) : text;
  const { found } = await findInRows(place, beyondOf(given, entry.mark), delivery);
  return found;
}

async function findInRows(place: OverflowPlace, beyond: Beyond, delivery: Delivery) {
  const entry = entryFor(delivery);
  const [rows, own] = await Promise.all([
    rowsOf(place, delivery, beyond),
    isRecent(beyond.ownDay) ? readOwn(place, delivery, recordOf(entry)) : "",
  ]);
  const found = [findRecord(own, entry), ...rows.map((row) => findRecord(row, entry, storedLength))];
  return { rows, found: found.find((one) => one !== undefined) };
}

/** Puts what has left the window into a row. @returns the evidence without it @throws StateMoved */
export async function keep(place: OverflowPlace, evidence: string, delivery: Delivery): Promise<string> {
  const text = readText(evidence);
  const beyond = beyondOf(text, entryFor(delivery).mark);
  const leaving = pieces(beyond.leaving, recordLength);
  const rows = await rowsOf(place, delivery, beyond);
  const row = await putWhereRoomIs(place, delivery, { first: Math.max(beyond.row, 0), rows, leaving });
  if (row === undefined) await putApart(place, delivery, leaving);
  const kept: Beyond = {
    ...beyond,
    token: (leaving.at(-1) ?? "").slice(0, tokenLength), // a message leaves once: no two tokens of an item are equal
    row: row === undefined || row < beyond.row ? rowsMax - 1 : row,
    ownDay: row === undefined ? today() : beyond.ownDay,
    leaving: "",
  };
  remember(nameOf(place, delivery), { token: kept.token, row: kept.row, rows });
  return writeText(withBeyond(text, kept));
}

const tokenLength = 8;

/** The shared rows of an item, as far as they are in use. */
async function rowsOf(place: OverflowPlace, delivery: Delivery, { token, row }: Beyond): Promise<string[]> {
  if (token === "") return [];
  const name = nameOf(place, delivery);
  const known = seen.get(name);
  if (known?.token === token) return known.rows;
  // Rows before the last one in use do not change, until all are in use.
  const first = row < rowsMax - 1 ? Math.min(known?.row ?? 0, row) : 0;
  const rows = known?.rows.slice(0, Math.max(first, 0)) ?? [];
  const numbers = Array.from({ length: row + 1 - rows.length }, (_, index) => rows.length + index);
  rows.push(...(await Promise.all(numbers.map((one) => readRow(place, delivery, one)))));
  remember(name, { token, row, rows });
  return rows;
}

/** Of a text that says nothing of the consumer's rows: all may be there. */
function allPossible(text: EvidenceText, { key, mark }: { key: string; mark: string }): EvidenceText {
  const beyond = { mark, token: key.slice(0, tokenLength), row: rowsMax - 1, ownDay: today(), leaving: "" };
  return withBeyond({ ...marked(text), lostDay: text.lostDay || today() }, beyond);
}

/** What a look at all of them found. */
function settled(beyond: Beyond, rows: readonly string[]): Beyond {
  const row = rows.findLastIndex((records) => records !== "");
  const ownDay = row === rowsMax - 1 ? today() : 0; // rows of their own come when all shared ones are full
  return row < 0 ? { ...beyond, token: "", row, ownDay } : { ...beyond, row, ownDay };
}

/** What this process knows of rows: complete as long as the item has the token. */
interface Known {
  readonly token: string;
  /** The last row in use then. */
  readonly row: number;
  readonly rows: string[];
}

const seen = new Map<string, Known>();
/** Each up to 20 KB. */
const seenMax = 200;

function remember(name: string, known: Known): void {
  seen.delete(name);
  seen.set(name, known);
  if (seen.size > seenMax) dropOldest(seen);
}
