// One JSON object a line: ids, sizes and codes, never a payload (a log is read by more people than a table).

export type LogLevel = "info" | "warn" | "error";

export function log(level: LogLevel, code: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ level, code, ...fields })}\n`);
}
