// The envelope of every message: a CloudEvents 1.0 event in its JSON form. `source` and `id` identify it, whatever queue
// or redrive it came by (SQS's own messageId changes on a redrive and is never used as identity).
//
//   https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md (attributes; duplicates: source + id)

import { Park } from "../core/outcome.ts";
import { checkCaps, parseCapped, parseExact } from "./caps.ts";
import { checkAttributes } from "./cloud-event.ts";
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
  /** The id that all messages of a flow share. */
  readonly correlationid: string;
  /** The id of the message that caused this one; absent on the first of a flow. */
  readonly causationid?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
  /** How many messages lie between the first of the flow and this one. */
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
 * @param sentMs when its queue took it, in ms since the epoch: its time when it says none
 * @throws Park ENVELOPE_INVALID, TIME_INVALID, DATA_NOT_JSON, or what `parseExact` throws; names what is wrong and
 *   never the payload
 */
export function readEnvelope(
  body: string,
  { sentMs }: { readonly sentMs?: number | undefined } = {},
): Envelope {
  return envelopeFrom(fieldsOf(parseExact(body)), sentMs);
}

/** @throws Park ENVELOPE_INVALID, TIME_INVALID or DATA_NOT_JSON */
export function envelopeFrom(fields: Fields, sentMs?: number): Envelope {
  checkAttributes(fields);
  return envelopeOf(fields, sentMs);
}

/**
 * Holds a message that is to be sent against all that its readers ask of one.
 * @throws Park ENVELOPE_INVALID, TIME_INVALID or what `checkCaps` finds
 */
export function checkOutgoing(message: Envelope): void {
  envelopeFrom({ ...message });
  checkCaps(message);
}

/** Reads what the kit kept: it was checked when it came, perhaps by a release that checked less. */
export function readKept(body: string): Envelope {
  return envelopeOf(fieldsOf(parseCapped(body)));
}

/** Of JSON; a null is an attribute that is not there. */
type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Park("ENVELOPE_INVALID", "a CloudEvents envelope is a JSON object");
}

function envelopeOf(fields: Fields, sentMs = 0): Envelope {
  if (fields.specversion !== "1.0") throw new Park("ENVELOPE_INVALID", 'specversion must be "1.0"');
  const id = requiredText(fields, "id");
  const dataref = optionalText(fields, "dataref");
  const isElsewhere = dataref !== undefined && (fields.data ?? undefined) === undefined;
  return {
    specversion: "1.0",
    id,
    source: requiredText(fields, "source"),
    type: requiredText(fields, "type"),
    time: optionalText(fields, "time") ?? timeText(sentMs),
    datacontenttype: "application/json",
    partitionkey: optionalText(fields, "partitionkey") ?? id,
    ...present("sequence", sequenceIn(fields)),
    correlationid: optionalText(fields, "correlationid") ?? id,
    ...present("causationid", optionalText(fields, "causationid")),
    ...present("traceparent", optionalText(fields, "traceparent")),
    hops: hopsOf(fields),
    // Beside data a reference says the same, and is not needed.
    ...(isElsewhere && { dataref }),
    data: isElsewhere ? undefined : fields.data,
  };
}

/** Of a message that nobody knows the sending of, so old that no age gate lets it through. */
function timeText(sentMs: number): string {
  return new Date(Number.isFinite(sentMs) ? sentMs : 0).toISOString();
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
function requiredText(fields: Fields, name: string): string {
  const value = optionalText(fields, name);
  if (value === undefined) throw new Park("ENVELOPE_INVALID", `${name} is required`);
  return value;
}

function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || value === "" || value.length > attributeLengthMax) {
    throw new Park("ENVELOPE_INVALID", `${name} must be a string of 1 to ${attributeLengthMax} characters`);
  }
  return value;
}

function sequenceIn(fields: Fields): string | undefined {
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

/** CloudEvents' Integer has 32 bits. */
const integerMax = 2_147_483_647;

function hopsOf(fields: Fields): number {
  const hops = fields.hops ?? 0;
  if (Number.isInteger(hops) && Number(hops) >= 0 && Number(hops) <= integerMax) return Number(hops);
  throw new Park("ENVELOPE_INVALID", `hops must be a whole number from 0 to ${integerMax}`);
}

function present<Name extends string>(name: Name, value: string | undefined): { [N in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: string };
}
