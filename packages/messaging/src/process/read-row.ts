// A row of a process' table in the form in which it is run: each cell with its kind.
import type { Envelope } from "../envelope/envelope.ts";
import type { MessageType } from "../envelope/message-type.ts";
import type { Ignored, Parked, ProcessItem, Step, Timeout } from "./process.ts";

type Types = readonly MessageType[];

export function readRow({ final, timeout, every, ...cells }: GivenRow, types: readonly string[]): ReadRow {
  const given = every === undefined ? cells : Object.fromEntries(types.map((type) => [type, every]));
  return {
    final: final === true,
    timeout: timeout === "none" ? undefined : timeout,
    cells: new Map(Object.entries(given).map(([type, cell]) => [type, readCell(cell as GivenCell)])),
  };
}

/** A row as it is run. */
export interface ReadRow {
  readonly final: boolean;
  readonly timeout: Timeout<MessageType, never> | undefined;
  /** By each accepted type. */
  readonly cells: ReadonlyMap<string, ReadCell>;
}

export type ReadCell = {
  /** The statuses that it may lead to. */
  readonly to: readonly string[];
} & (
  | { readonly kind: "ignored" }
  | { readonly kind: "parked"; readonly code: string }
  | { readonly kind: "move"; readonly step: ReadStep }
);

export type ReadStep = (
  message: Envelope,
  item?: ProcessItem,
) => Step<Types, ProcessItem> & { readonly to?: string };

/** A row as a table has it. */
export interface GivenRow {
  readonly final?: true;
  readonly timeout?: Timeout<MessageType, never> | "none";
  readonly every?: GivenCell;
  readonly [type: string]: unknown;
}

type GivenCell =
  | Ignored
  | Parked
  | { readonly to: string; readonly step?: ReadStep }
  | { readonly oneOf: readonly string[]; readonly choose: ReadStep };

function readCell(cell: GivenCell): ReadCell {
  if (cell === "ignored") return { kind: "ignored", to: [] };
  if ("park" in cell) return { kind: "parked", code: cell.park, to: [] };
  if ("oneOf" in cell) return { kind: "move", to: cell.oneOf, step: cell.choose };
  return { kind: "move", to: [cell.to], step: cell.step ?? (() => ({})) };
}
