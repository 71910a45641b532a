// The one logger. The code of a line says what happened; its fields say to which message of which invocation. Every
// line is also counted, so that the log and the metrics cannot disagree.
//
//   The names of fields and variables are those of AWS's Powertools; why not its Logger: docs/adr/0014.
import { type LogLevel, writeLine } from "./log-line.ts";
import { countLogged } from "./metrics.ts";
import { currentInvocation } from "./scope.ts";

export type { LogLevel } from "./log-line.ts";

/**
 * Logs one line. In a handler the line has the ids of the message that it handles.
 * ```ts
 * log("warn", codes.stockLow, { left: 3 });
 * ```
 * @param code what happened, in capitals: for filters and counts
 * @param fields ids, sizes and codes; never what a message says
 */
export function log(level: LogLevel, code: string, fields: Readonly<Record<string, unknown>> = {}): void {
  countLogged(level, code, fields);
  const { line = ownLine } = currentInvocation()?.sink ?? {};
  line(level, code, bounded(fields));
}

/** A code, an id or a detail is shorter; a line that is not costs like a message. Characters. */
const textLengthMax = 1_000;

function bounded(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const cut = (value: unknown) =>
    typeof value === "string" && value.length > textLengthMax ? `${value.slice(0, textLengthMax)}…` : value;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, cut(value)]));
}

/** As a line of the built-in log, unless its level is below what is asked for. */
export function ownLine(...[level, code, fields]: Parameters<typeof writeLine>): void {
  if (levels.indexOf(level) >= threshold) writeLine(level, code, fields);
}

const levels: readonly (string | undefined)[] = ["debug", "info", "warn", "error", "silent"] satisfies (
  | LogLevel
  | "silent"
)[];
const threshold = thresholdOf(process.env.POWERTOOLS_LOG_LEVEL?.toLowerCase());

/** Without a level, or with one that is none, as at INFO: a typing error must not fail a function. */
function thresholdOf(name: string | undefined): number {
  const index = levels.indexOf(name);
  return index >= 0 ? index : levels.indexOf("info");
}
