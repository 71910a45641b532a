// What travels: a CloudEvents 1.0 event in its JSON form. `source` and `id` identify it, whatever queue or
// redrive it came by (SQS's own messageId changes on a redrive and is never used as identity).
//
//   https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md (attributes; duplicates: source + id)
import { parseCapped } from "./caps.ts";
import { Park } from "./outcome.ts";
import { readSequence, sequenceText } from "./sequence.ts";

export interface Envelope<Type extends string = string, Data = unknown> {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: Type;
  /** RFC 3339, when the message was committed. */
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly partitionkey: string;
  /** Its number among the messages of its source and key, as digits: see sequence.ts. */
  readonly sequence?: string;
  /** The id that the whole story shares. */
  readonly correlationid: string;
  /** The id of the message that caused this one; absent on the first of a story. */
  readonly causationid?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
  /** How many messages lie between the first of the story and this one. */
  readonly hops: number;
  /**
   * Where the data is, for a message that travels without it; stays when the data has been fetched (claim-check.ts).
   * https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/dataref.md
   */
  readonly dataref?: string;
  readonly data: Data;
}

/** CloudEvents sets no limit; ids longer than this are nobody's. Characters. */
const attributeLengthMax = 512;

/**
 * Reads the body of a message.
 * @throws Park ENVELOPE_INVALID, or what `parseCapped` throws; names what is wrong and never the payload.
 */
export function readEnvelope(body: string): Envelope {
  const value = parseCapped(body);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Park("ENVELOPE_INVALID", "a CloudEvents envelope is a JSON object");
  }
  const fields = value as Record<string, unknown>;
  if (fields.specversion !== "1.0") throw new Park("ENVELOPE_INVALID", 'specversion must be "1.0"');
  const id = requiredText(fields, "id");
  return {
    specversion: "1.0",
    id,
    source: requiredText(fields, "source"),
    type: requiredText(fields, "type"),
    time: requiredText(fields, "time"),
    datacontenttype: "application/json",
    partitionkey: optionalText(fields, "partitionkey") ?? id,
    ...present("sequence", sequenceIn(fields)),
    correlationid: optionalText(fields, "correlationid") ?? id,
    ...present("causationid", optionalText(fields, "causationid")),
    ...present("traceparent", optionalText(fields, "traceparent")),
    hops: hopsOf(fields),
    // Beside data a reference says the same, and is not needed.
    ...(fields.data === undefined && present("dataref", optionalText(fields, "dataref"))),
    data: fields.data,
  };
}

/** Its data went by claim check and were not fetched yet: what it says is not known. */
export function isUnread({ data, dataref }: Pick<Envelope, "data" | "dataref">): boolean {
  return data === undefined && dataref !== undefined;
}

/** JSON in ASCII: SQS replaces characters it does not allow with U+FFFD, and an escape cannot be replaced. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** @throws Park ENVELOPE_INVALID */
export function requiredText(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = optionalText(fields, name);
  if (value === undefined) throw new Park("ENVELOPE_INVALID", `${name} is required`);
  return value;
}

function optionalText(fields: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value === "" || value.length > attributeLengthMax) {
    throw new Park("ENVELOPE_INVALID", `${name} must be a text of 1 to ${attributeLengthMax} characters`);
  }
  return value;
}

function sequenceIn(fields: Record<string, unknown>): string | undefined {
  const text = optionalText(fields, "sequence");
  if (text === undefined) return undefined;
  const sequence = readSequence(text);
  if (sequence === undefined) {
    throw new Park(
      "ENVELOPE_INVALID",
      `sequence must be the digits of a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`,
    );
  }
  return sequenceText(sequence);
}

function hopsOf(fields: Record<string, unknown>): number {
  const hops = fields.hops ?? 0;
  if (typeof hops !== "number" || !Number.isInteger(hops) || hops < 0) {
    throw new Park("ENVELOPE_INVALID", "hops must be a whole number from 0");
  }
  return hops;
}

function present<Name extends string>(name: Name, value: string | undefined): { [N in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: string };
}
