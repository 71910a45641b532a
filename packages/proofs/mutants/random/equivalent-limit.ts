// As equivalent.ts, of packages/messaging/src/limit.
import { onlyRemembered, type Row } from "./reasons.ts";

/** Twenty-two hours from now. */
const ofFreeBound = "a microsecond of a bound that is chosen freely";

export const equivalentLimit: readonly Row[] = [
  ["limit/token-line", "knownUs > latestUs", "knownUs >= latestUs", ofFreeBound],
  ["limit/token-line", "foundUs > latestUs", "foundUs >= latestUs", ofFreeBound],
  ["limit/token-line", "nextUs.size >= knownMax", "nextUs.size < knownMax", onlyRemembered],
  ["limit/token-line", "nextUs.size >= knownMax", "true", onlyRemembered],
];
