// One JSON object a line: ids, sizes and codes, never a payload (a log is read by more people than a table). In ASCII:
// an id is a stranger's text, and some characters make a terminal show something else than what is there.
import { nowIso } from "../core/clock.ts";
import { asciiJson } from "../envelope/envelope.ts";
import { scopeFields } from "./scope.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

export function writeLine(level: LogLevel, code: string, fields: Readonly<Record<string, unknown>>): void {
  const line = { level: level.toUpperCase(), code, timestamp: nowIso(), ...scopeFields(), ...fields };
  process.stdout.write(`${asciiJson(line)}\n`);
}
