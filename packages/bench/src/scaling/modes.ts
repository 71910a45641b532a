// What a message costs in each mode: counted by `npm run bench:cost`, kept in measured.json; and where its write
// units fall, which decides what is full first.
import { readFileSync } from "node:fs";
import type { RelayUse } from "./cost.ts";
import type { Measured } from "./measured.ts";

export interface Mode {
  /** As the bench calls it. */
  readonly contender: string;
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Of the writes, those in the table that has the most of them, the deletes of the relay included. */
  readonly tableWriteUnits: number;
  /** Of the writes, those of the item that all messages of a key change. */
  readonly keyWriteUnits: number;
  readonly relay: RelayUse;
}

/** @throws Error when the file lacks a contender */
export function readMeasured(): Measured {
  return JSON.parse(readFileSync(new URL("measured.json", import.meta.url), "utf8")) as Measured;
}

const measured = readMeasured();

// A transaction charges two units for an item, a plain write one; an outbox row is put, and deleted when it is sent.
export const modes = {
  rows: mode("rows", { table: 3, key: 2 }),
  "rows-alone": mode("rows, alone", { table: 3, key: 2 }),
  inline: mode("inline, by sequence", { table: 1, key: 1, hasRows: false }),
  "inline-ids": mode("inline, by ids", { table: 1, key: 1, hasRows: false }),
  lease: mode("effect under a lease", { table: 3, key: 2 }),
  "at-most-once": mode("at most once", { table: 3, key: 2 }),
  powertools: mode("Powertools", { table: 2, key: 1 }),
  "powertools-transaction": mode("Powertools, transaction", { table: 3, key: 2 }),
} as const;

function mode(
  contender: string,
  { table, key, hasRows = true }: { table: number; key: number; hasRows?: boolean },
): Mode {
  const of = measured.consumers[contender];
  if (of === undefined) throw new Error(`measured.json must have ${contender}: run npm run bench:cost`);
  return {
    contender,
    writeUnits: of.writeUnits,
    readUnits: of.readUnits,
    tableWriteUnits: table,
    keyWriteUnits: key,
    relay: { ...measured.relay, ...(!hasRows && { writeUnits: 0 }) },
  };
}
