// Which schedules are explored: every fault at every call of the run without faults; then, behind each of those, every
// second fault at every call that came after the first in that very run; and so on.
import { canMeet, type Fault, type FaultKind, faultKinds } from "./fault.ts";
import type { Run } from "./run.ts";
import type { Scenario } from "./scenario.ts";

export function kindsOf(
  { without = {}, tampering = false }: Scenario,
  only: readonly FaultKind[] = faultKinds,
): FaultKind[] {
  return only.filter((kind) => typeof without[kind] !== "string" && (kind !== "tampered" || tampering));
}

/** False for a fault that proves nothing in this scenario. */
export function provesSomething({ kind, command }: Fault, { without = {} }: Scenario): boolean {
  const exclusion = without[kind];
  if (exclusion === undefined) return true;
  return typeof exclusion !== "string" && !exclusion.at.includes(command);
}

/** The faults that can be added to a schedule, each at a call behind its last fault. */
export function furtherFaults(run: Run, faults: readonly Fault[], kinds: readonly FaultKind[]): Fault[] {
  const last = faults.at(-1);
  const after = last
    ? run.calls.findIndex(({ command, nth }) => command === last.command && nth === last.nth)
    : -1;
  return run.calls
    .slice(after + 1)
    .filter(({ nth }) => nth > 0)
    .flatMap(({ command, nth }) =>
      kinds.filter((kind) => canMeet(kind, { command })).map((kind) => ({ kind, command, nth })),
    );
}
