// One JSON object per line: ids, sizes and codes, never a payload (more people read a log than a table). In ASCII: an
// unknown sender may have written an id, and some characters make a terminal show something other than the text.
import { nowIso } from "../core/clock.ts";
import { asciiJson } from "../envelope/envelope.ts";
import { scopeFields } from "./scope.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

export function writeLine(level: LogLevel, code: string, fields: Readonly<Record<string, unknown>>): void {
  const line = { level: level.toUpperCase(), code, timestamp: nowIso(), ...scopeFields(), ...fields };
  process.stdout.write(`${asciiJson(line)}\n`);
}
