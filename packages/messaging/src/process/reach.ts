// Which statuses of a process lead to which.
import type { ReadRow } from "./read-row.ts";

type Rows = ReadonlyMap<string, ReadRow>;

/** These statuses and all that messages can lead to from them. */
export function reachableFrom(rows: Rows, statuses: readonly string[]): ReadonlySet<string> {
  const reached = new Set(statuses);
  for (const status of reached) for (const to of leavingFor(rows, status)) reached.add(to); // a set grows while it is read
  return reached;
}

/** The other statuses that one message leads to. */
export function leavingFor(rows: Rows, status: string): string[] {
  const cells = [...rows].filter(([one]) => one === status).flatMap(([, row]) => [...row.cells.values()]);
  return cells.flatMap((cell) => cell.to).filter((to) => to !== status);
}

/** Whether a message of this type moves a process that is in this status now, or later. */
export function mayMove(rows: Rows, status: string, type: string): boolean {
  const reached = reachableFrom(rows, [status]);
  return [...rows].some(([one, { cells }]) => reached.has(one) && moves(cells, type));
}

/** Whether a message of this type leads on from a status with these cells. */
export function moves(cells: ReadRow["cells"], type: string): boolean {
  return [...cells].some(([one, { kind }]) => one === type && kind === "move");
}
