// What codes were called in the release before. A line is written under that code, too, so that an alarm or a query that
// filters by it goes on working for one release. CHANGELOG.md
import { log, ownLine } from "./log.ts";
import { currentInvocation } from "./scope.ts";

export const formerCodes: ReadonlyMap<string, string> = new Map([
  ["ATTEMPTS_UNAVAILABLE", "LEDGER_UNAVAILABLE"],
  ["LEASE_NOT_RELEASED", "LEASE_KEPT"],
  ["NOTHING_TO_DO", "NOTHING_ASKED"],
  ["OUTBOX_WRITE_FAILED", "KEEP_FAILED"],
  ["PRODUCER_UNKNOWN", "AUTHOR_UNKNOWN"],
]);

/** As `log`, and once more under the former code: it is counted once. */
export function logUnderBoth(...[level, code, fields = {}]: Parameters<typeof log>): void {
  log(level, code, fields);
  const former = formerCodes.get(code);
  const { line = ownLine } = currentInvocation()?.sink ?? {};
  if (former !== undefined) line(level, former, fields);
}
