// A trace of the Quint model as plain data: Quint writes the Informal Trace Format, with the action that was taken.
// https://apalache-mc.org/docs/adr/015adr-trace.html
import { readFileSync } from "node:fs";

export interface TraceState {
  /** What led here. */
  readonly action: string;
  /** What the action was about; undefined where it is about neither. */
  readonly slot: number | undefined;
  readonly message: number | undefined;
  readonly messages: readonly TracedMessage[];
  readonly invocations: readonly TracedInvocation[];
  readonly version: number;
  readonly total: number;
  readonly age: "Young" | "Old" | "Expired";
}

export interface TracedMessage {
  readonly place: "Queue" | "Acknowledged" | "DeadLetters";
  readonly receives: number;
  readonly evidence: boolean;
  readonly effects: number;
  readonly inOutbox: boolean;
  readonly inStream: boolean;
  readonly sends: number;
}

export interface TracedInvocation {
  readonly call: "Free" | "Find" | "Read" | "Commit" | "PutRow" | "Acknowledge" | "Send" | "Delete";
  readonly message: number;
  readonly losses: number;
}

export function readTrace(path: string | URL): TraceState[] {
  const { states } = JSON.parse(readFileSync(path, "utf8")) as { states: Record<string, unknown>[] };
  return states.map((raw) => {
    const state = Object.fromEntries(
      Object.entries(raw).map(([name, value]) => [name.split("::").at(-1) ?? name, plain(value)]),
    );
    const { slot, m } = state.nondetPicks as { slot?: number; m?: number };
    return { ...state, action: state.actionTaken, slot, message: m } as unknown as TraceState;
  });
}

/** Numbers for big integers, lists for maps from 0 on, a name for a variant without a value, nothing for `None`. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const known = value as Record<string, unknown>;
  if ("#bigint" in known) return Number(known["#bigint"]);
  if ("#map" in known) return (known["#map"] as [unknown, unknown][]).map(([, entry]) => plain(entry));
  if ("tag" in known) {
    if (known.tag === "None") return undefined;
    return known.tag === "Some" ? plain(known.value) : known.tag;
  }
  return Object.fromEntries(Object.entries(known).map(([name, entry]) => [name, plain(entry)]));
}
