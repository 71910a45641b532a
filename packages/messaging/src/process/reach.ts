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
  const cells = [...(rows.get(status)?.cells.values() ?? [])];
  const ways = cells.flatMap((cell) => (cell.kind === "move" ? cell.to : []));
  return [...new Set(ways)].filter((to) => to !== status);
}

/** Whether a message of this type moves a process that is in this status now, or later. */
export function mayMove(rows: Rows, status: string, type: string): boolean {
  return [...reachableFrom(rows, [status])].some((one) => rows.get(one)?.cells.get(type)?.kind === "move");
}
