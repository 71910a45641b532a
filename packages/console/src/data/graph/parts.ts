// The parts of a cloud that the graph is drawn from, wherever they were read.

import type { FlowNode } from "../../api/flow.ts";

export interface Parts {
  readonly functions: readonly FunctionPart[];
  readonly urls: readonly { readonly id: string; readonly label: string; readonly functionId: string }[];
  readonly schedules: readonly { readonly id: string; readonly label: string; readonly functionId: string }[];
  /** The tables of services, without those of evidence. */
  readonly tables: readonly { readonly name: string; readonly key: string; readonly service: string }[];
  /** The queue of wake-ups; absent where nothing is scheduled. */
  readonly wakeUps?: string;
  readonly outsides: readonly { readonly label: string; readonly callers: readonly string[] }[];
}

export interface FunctionPart {
  readonly id: string;
  readonly label: string;
  readonly service: string;
  readonly role: NonNullable<FlowNode["role"]>;
  /** Of a consumer: `ReserveCredit`. */
  readonly consumer?: string;
  readonly accepts: readonly string[];
  readonly publishes: readonly string[];
  /** The names of tables that it reads or writes. */
  readonly tables: readonly string[];
  /** The names of tables whose stream it reads. */
  readonly streams: readonly string[];
}

/** `reserve-credit` → `ReserveCredit` */
export function labelOf(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_all, _dash, letter: string) => letter.toUpperCase());
}

/** The tables of all stacks, by their outputs; the evidence and the outbox of older releases are left out. */
export function tablesIn(
  outputs: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Parts["tables"] {
  const seen = new Set<string>();
  return Object.entries(outputs).flatMap(([stack, values]) =>
    Object.entries(values).flatMap(([key, name]) => {
      const isShown = /Table$/.test(key) && !/EvidenceTable$|^OutboxTable$|ProjectionTable$/.test(key);
      if (!isShown || key.startsWith("ExportsOutput") || seen.has(name)) return [];
      seen.add(name);
      return { name, key, service: serviceOf(stack) };
    }),
  );
}

/** `EssentiallyOnce-dev-Orders` → `Orders` */
export function serviceOf(stack: string): string {
  return stack.split("-").at(-1) ?? stack;
}

/** Undefined where nothing is scheduled. */
export function wakeUpsIn(
  outputs: Readonly<Record<string, Readonly<Record<string, string>>>>,
): string | undefined {
  return Object.values(outputs).find((stack) => stack.SchedulesWakeUps !== undefined)?.SchedulesWakeUps;
}
