// The faults of a process' table that show before anything runs: pairs that nobody decided, statuses that nothing reaches,
// statuses that nothing leads out of. Each is an error when the table is made, so the handler does not start and the synth
// fails.
//
//   G14. Every pair is decided, every status can be reached, and every wait can end.
import type { Process } from "./process.ts";
import { leavingFor, moves, reachableFrom } from "./reach.ts";
import type { ReadRow } from "./read-row.ts";
import { requireAfter } from "./timers.ts";

/** Named apart: the column of messages that find no item. */
const noItem = "none";
const rowWords = new Set(["final", "timeout", "every"]);

/** @throws Error naming the status and the type that the table leaves open, or the one that it decides for nothing */
export function requireDecided(name: string, states: object, types: readonly string[]): void {
  const given = Object.entries(states) as [string, unknown][];
  if (!given.some(([status]) => status === noItem)) {
    throw new Error(`process ${name} must say in "none" what a message does that finds no item`);
  }
  for (const [status, row] of given) {
    if (typeof row !== "object" || row === null)
      throw new Error(`process ${name}: "${status}" must be an object`);
    const named = Object.keys(row).filter((key) => !rowWords.has(key));
    if ("every" in row) {
      if (named.length > 0) {
        throw new Error(
          `process ${name}: "${status}" decides every message at once, and ${named.join(", ")} again`,
        );
      }
      requireCell(name, status, "every", row.every);
      continue;
    }
    const open = types.filter((type) => !named.includes(type));
    if (open.length > 0)
      throw new Error(`process ${name}: "${status}" leaves open what happens to ${open.join(", ")}`);
    const unknown = named.filter((type) => !types.includes(type));
    if (unknown.length > 0) {
      throw new Error(
        `process ${name}: "${status}" decides ${unknown.join(", ")}, which the process does not accept; it accepts ${types.join(", ")}`,
      );
    }
    for (const type of types) requireCell(name, status, type, (row as Record<string, unknown>)[type]);
  }
}

function requireCell(name: string, status: string, type: string, cell: unknown): void {
  const { to, park, step, oneOf, choose } = Object(cell);
  const steps = typeof to === "string" && (step === undefined || typeof step === "function");
  const moves = steps || (Array.isArray(oneOf) && oneOf.length > 1 && typeof choose === "function");
  if (cell === "ignored" || (typeof park === "string" && /^[A-Z][A-Z_]*$/.test(park)) || moves) return;
  throw new Error(
    `process ${name}: "${status}" on ${type} must be "ignored", { park: "A_CODE" }, { to, step } or { oneOf, choose }, got ${JSON.stringify(cell)}`,
  );
}

/** @throws Error naming the status */
export function requireSound(process: Process): void {
  for (const [status, row] of process.rows) {
    requireTargets(process, status, row);
    requireTimeout(process, status, row);
  }
  requireReached(process);
  requireEnds(process);
}

function requireTargets({ name, rows }: Process, status: string, { cells }: ReadRow): void {
  for (const [type, cell] of cells) {
    const strange = cell.to.find((to) => to === noItem || !rows.has(to));
    if (strange !== undefined) {
      throw new Error(`process ${name}: "${status}" on ${type} leads to "${strange}", which is no status`);
    }
  }
}

function requireReached({ name, initial, rows }: Process): void {
  const strange = initial.find((status) => status === noItem || !rows.has(status));
  if (strange !== undefined) throw new Error(`process ${name} begins in "${strange}", which is no status`);
  const reached = reachableFrom(rows, [noItem, ...initial]);
  const unreached = statusesOf(rows).filter((status) => !reached.has(status));
  if (unreached.length === 0) return;
  const them = unreached.map((status) => `"${status}"`).join(", ");
  throw new Error(`process ${name}: nothing leads to ${them}; add a transition, or name it in initial`);
}

/** A process without any final status may run without end; one that has some must be able to end from everywhere. */
function requireEnds({ name, rows }: Process): void {
  const finals = new Set([...rows].filter(([, { final }]) => final).map(([status]) => status));
  for (const status of statusesOf(rows)) {
    const [leaving] = leavingFor(rows, status);
    if (finals.has(status)) {
      if (leaving === undefined) continue;
      throw new Error(`process ${name}: "${status}" is final, and leads to "${leaving}"`);
    }
    const ends = [...reachableFrom(rows, [status])].some((one) => finals.has(one));
    if (ends || (finals.size === 0 && leaving !== undefined)) continue;
    throw new Error(
      `process ${name}: nothing leads out of "${status}" to an end; add a transition, or final: true`,
    );
  }
}

function statusesOf(rows: Process["rows"]): string[] {
  return [...rows.keys()].filter((status) => status !== noItem);
}

/** A time-out that nobody takes, or that moves nothing, would never end the wait. */
function requireTimeout(
  { name, accepts, schedules }: Process,
  status: string,
  { timeout, cells, final }: ReadRow,
): void {
  if (timeout === undefined) return;
  const { type } = timeout.type;
  const where = `process ${name}: the time-out ${type} of "${status}"`;
  if (typeof timeout.after !== "function") requireAfter(where, timeout.after);
  if (final || status === noItem) throw new Error(`${where} can never end anything: nothing waits there`);
  if (!accepts.some((one) => one.type === type)) throw new Error(`${where} must be in accepts`);
  if (!schedules?.some((one) => one.type === type)) throw new Error(`${where} must be in schedules`);
  if (!moves(cells, type)) throw new Error(`${where} must lead to another status there`);
}
