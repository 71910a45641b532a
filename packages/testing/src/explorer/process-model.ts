// What a process must have done with a sequence of messages, by its table alone: no queue, no evidence, no version. The
// explorer holds the real process against it after every message.
//
//   G14. A message moves the process once, by the row of the status that it finds; a time-out of an earlier wait moves nothing.

import type { Envelope } from "@essentially-once/messaging/envelope";
import { mayMove } from "@essentially-once/messaging/internal/process/reach";
import type { Draft } from "@essentially-once/messaging/message-type";
import { Park } from "@essentially-once/messaging/outcome";
import { noItem, type Process, type ProcessItem } from "@essentially-once/messaging/process";

export interface ProcessModel {
  readonly item: ProcessItem | undefined;
  /** By id: what can never be decided again. */
  readonly decided: ReadonlySet<string>;
  /** By id: ignored before there was an item, which leaves evidence in rows and none in the item. */
  readonly open: ReadonlySet<string>;
  /** By type of time-out: the message that began the last wait for it; null for a wait that the item was made in. */
  readonly waits: ReadonlyMap<string, string | null>;
}

export interface Decided {
  readonly after: ProcessModel;
  readonly status: string;
  readonly kind: "duplicate" | "late" | "ignored" | "parked" | "move";
  readonly to?: string;
  readonly code?: string;
  readonly published: readonly Draft[];
}

/** A process whose item a test made, or that has none yet. */
export function modelOf(process: Process, item?: ProcessItem): ProcessModel {
  const waits = new Map(item && waitOf(process, item.status, null));
  return { item, decided: new Set(), open: new Set(), waits };
}

/** What the next message does. */
export function decide(process: Process, model: ProcessModel, message: Envelope): Decided {
  const { item } = model;
  const status = item?.status ?? noItem;
  const nothing = { after: model, status, published: [] };
  if (model.decided.has(message.id)) return { ...nothing, kind: "duplicate" };
  const row = process.rows.get(status);
  const cell = row?.cells.get(message.type);
  if (cell === undefined) throw new Error(`${process.name} has no cell for ${message.type} in ${status}`);
  if (row?.timeout?.type.type === message.type && isLate(model, message)) return { ...nothing, kind: "late" };
  if (cell.kind === "parked") return { ...nothing, kind: "parked", code: cell.code };
  if (cell.kind === "ignored") {
    const matters = mayMove(process.rows, status, message.type);
    const decided = item && matters ? new Set([...model.decided, message.id]) : model.decided;
    const open = item ? model.open : new Set([...model.open, message.id]);
    return { ...nothing, kind: "ignored", after: { ...model, decided, open } };
  }
  try {
    const { to = cell.to[0] ?? "", change, publish = [] } = cell.step(message, item);
    const next = { ...(item ?? { id: process.key(message), version: 0 }), ...change, status: to };
    const waits = new Map([...model.waits, ...(to === status ? [] : waitOf(process, to, message.id))]);
    const decided = new Set([...model.decided, message.id]);
    return { kind: "move", status, to, published: publish, after: { ...model, item: next, waits, decided } };
  } catch (error) {
    if (error instanceof Park) return { ...nothing, kind: "parked", code: error.code };
    throw error;
  }
}

/** The message that a time-out of this type is caused by: the one that began the last wait for it. */
export function causeOf({ waits }: ProcessModel, type: string): string | undefined {
  return waits.get(type) ?? undefined;
}

function isLate({ waits }: ProcessModel, { type, causationid }: Envelope): boolean {
  const began = waits.get(type);
  return typeof began === "string" && began !== causationid;
}

function waitOf(process: Process, status: string, cause: string | null): [string, string | null][] {
  const timeout = process.rows.get(status)?.timeout;
  return timeout === undefined ? [] : [[timeout.type.type, cause]];
}
