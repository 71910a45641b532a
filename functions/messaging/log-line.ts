// One JSON object a line: ids, sizes and codes, never a payload (a log is read by more people than a table).
import { nowIso } from "./clock.ts";
import { scopeFields } from "./scope.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

export function writeLine(level: LogLevel, code: string, fields: Readonly<Record<string, unknown>>): void {
  const line = { level: level.toUpperCase(), code, timestamp: nowIso(), ...scopeFields(), ...fields };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
