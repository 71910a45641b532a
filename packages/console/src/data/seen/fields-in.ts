// The attributes of a message in a body of a queue, a row of the journal, or a line of a log. Anybody may have written it.

import type { SeenFields } from "./message-index.ts";

/** An id that is longer names nothing that a person looks for. Characters. */
const TEXT_MAX = 1_024;

/** Undefined for what is no envelope. */
export function fieldsIn(body: string): SeenFields | undefined {
  const { specversion, id, source, type, ...others } = objectIn(body);
  if (specversion === undefined || !isText(id) || !isText(source) || !isText(type)) return undefined;
  const more = (["time", "partitionkey", "correlationid", "causationid"] as const).flatMap((name) => {
    const value = others[name];
    return isText(value) ? [[name, value] as const] : [];
  });
  return { id, source, type, ...Object.fromEntries(more) };
}

/** What a function's log line says of a message; the kit's lines have these fields. */
export interface SaidLine {
  readonly code: string;
  readonly message?: SeenFields;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Undefined for what is no line of the kit. */
export function lineIn(line: string): SaidLine | undefined {
  if (!line.startsWith("{")) return undefined;
  const fields = objectIn(line);
  const { code, messageId: id, source, type, correlation_id: correlationid } = fields;
  if (!isText(code)) return undefined;
  if (!isText(id) || !isText(source)) return { code, fields };
  const message = {
    id,
    source,
    type: isText(type) ? type : "",
    ...(isText(correlationid) && { correlationid }),
  };
  return { code, message, fields };
}

export function textField(fields: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = fields[name];
  return isText(value) ? value : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= TEXT_MAX;
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
