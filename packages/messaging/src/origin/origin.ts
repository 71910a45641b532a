// Where the messages of a queue come from, when the relay of this app does not send them: another program writes them in a
// form of its own, and the `from` of a contract says how they become envelopes.
//
//   G2. The id is the one that the contract points at. A message without it is parked: SQS's own message id changes with
//   each sending, and evidence under it would let a second copy take effect.
//   G4. An id that is not in the body goes with the message as an attribute, through park, line and redrive.
//   G7. These messages have no signature. The queue's policy decides who may send them: docs/existing-queues.md
import type { SQSRecord } from "aws-lambda";
import type { MessageMiddleware } from "../commit/delivery.ts";
import type { Received } from "../commit/received.ts";
import { derivedId } from "../core/ids.ts";
import { Park } from "../core/outcome.ts";
import { type Envelope, envelopeFrom } from "../envelope/envelope.ts";
import { givenIdName } from "../envelope/given-id.ts";
import type { MessageType } from "../envelope/message-type.ts";
import { logUnderBoth as log } from "../observe/former-codes.ts";

export interface Origin {
  /** The form as data: part of the contract's text, and what the operator's commands read messages by. */
  readonly form: Form;
  /** Where the id is when it is not in the body: then it goes beside it, through park, line and redrive. */
  readonly beside?: Place | undefined;
  /** Undefined for a message that asks for nothing. @throws Park saying what of it is not as the contract says */
  read(arrived: Arrived): Envelope | undefined;
  /** The records with their messages; without those whose messages ask for nothing, which are acknowledged. */
  receive(records: readonly SQSRecord[]): Received[];
  /** The middlewares without those that are for messages of the relay. */
  own(given: readonly MessageMiddleware[]): MessageMiddleware[];
}

/** What `contract` makes an origin of: the form, and the contract whose form it is. */
export type From = (bound: Bound) => Origin;

export interface Bound {
  readonly name: string;
  readonly accepts: readonly Pick<MessageType, "type" | "types">[];
  /** The form that this one is inside of. */
  readonly within?: "sns" | "sns-raw";
}

export interface Form {
  readonly form: string;
  readonly [option: string]: unknown;
}

/** A message as it came, without the envelope that the kit reads. */
export interface Arrived {
  readonly body: string;
  /** The message attributes that are texts or numbers. */
  readonly attributes: Readonly<Record<string, string | undefined>>;
  /** Of a FIFO queue. */
  readonly deduplicationId?: string | undefined;
  readonly group?: string | undefined;
  /** SNS's own id of a publish. */
  readonly publishId?: string | undefined;
  /** When its queue took it, in ms since the epoch. */
  readonly sentMs?: number | undefined;
}

/** Where in a message an id or a key is. */
export type Place =
  | { readonly field: readonly string[] }
  | { readonly attribute: string }
  | { readonly of: "deduplication" | "publish" };

/** A field of the JSON: `field("orderId")`, or `field("order", "id")` for one inside another. */
export function field(...path: readonly [string, ...string[]]): Place {
  return { field: path };
}

/** A message attribute. */
export function attribute(name: string): Place {
  return { attribute: name };
}

/** The deduplication id that the sender gave: of a FIFO queue or topic. */
export function deduplicationId(): Place {
  return { of: "deduplication" };
}

/** SNS's id of a publish, for messages without one of their own: an event that is published twice has two. */
export function publishId(): Place {
  return { of: "publish" };
}

/** An origin whose contract points at the id. */
export function origin(form: Form & { readonly id: Place }, { within }: Bound, read: Origin["read"]): Origin {
  const { id } = form;
  if ("of" in id && id.of === "publish" && within !== "sns") {
    throw new Error("publishId() needs sns(…) without raw delivery");
  }
  const isInBody = "field" in id || (within === "sns" && !("of" in id && id.of === "deduplication"));
  return originOf(form, isInBody ? undefined : id, read);
}

export function originOf(form: Form, beside: Place | undefined, readForm: Origin["read"]): Origin {
  return {
    form,
    beside,
    read,
    receive: (records) => records.flatMap(receive),
    own: (given) => given.filter(({ relayed }) => !relayed),
  };

  function read(arrived: Arrived): Envelope | undefined {
    const message = readForm(arrived);
    const given = arrived.attributes[givenIdName]; // of a correction, or of a message that was parked
    return message && given !== undefined
      ? { ...message, id: idOf(given, { attribute: givenIdName }) }
      : message;
  }

  function receive(asSent: SQSRecord): Received[] {
    const arrived = arrivedIn(asSent);
    const record = beside ? withIdBeside(asSent, beside, arrived) : asSent;
    try {
      const envelope = read(arrived);
      if (envelope !== undefined) return [{ record, envelope }];
      log("info", "NOTHING_TO_DO", { form: form.form });
      return [];
    } catch (error) {
      if (error instanceof Park) return [{ record, envelope: error }];
      throw error;
    }
  }
}

function arrivedIn({ body, attributes, messageAttributes }: SQSRecord): Arrived {
  return {
    body,
    attributes: Object.fromEntries(
      Object.entries(messageAttributes).map(([name, { stringValue }]) => [name, stringValue]),
    ),
    deduplicationId: attributes.MessageDeduplicationId,
    group: attributes.MessageGroupId,
    sentMs: Number(attributes.SentTimestamp),
  };
}

/** Also of a message that cannot be read: it is parked, and redriven under another deduplication id. */
function withIdBeside(record: SQSRecord, beside: Place, arrived: Arrived): SQSRecord {
  const id = arrived.attributes[givenIdName] ?? textOf(valueAt(beside, arrived, undefined));
  if (!id) return record;
  const given = { dataType: "String", stringValue: id, stringListValues: [], binaryListValues: [] };
  const messageAttributes = { ...record.messageAttributes, [givenIdName]: given };
  return { ...record, messageAttributes } as SQSRecord;
}

/** The longest that an envelope takes. Characters. */
const textLengthMax = 512;

/** @throws Park ID_MISSING or ID_INVALID, naming the place */
export function idAt(place: Place, arrived: Arrived, value: unknown): string {
  const beside = "field" in place ? undefined : arrived.attributes[givenIdName];
  return idOf(beside ?? valueAt(place, arrived, value), place);
}

function idOf(found: unknown, place: Place): string {
  if (found === undefined || found === null || found === "") {
    throw new Park("ID_MISSING", `${placeText(place)} is missing, where the contract expects the id`);
  }
  const text = textOf(found);
  if (text === undefined || text.length > textLengthMax || !text.isWellFormed()) {
    throw new Park(
      "ID_INVALID",
      `${placeText(place)} must be a string of 1 to ${textLengthMax} characters or a whole number`,
    );
  }
  return text;
}

/** The key, else the group that the sender gave; undefined leaves it to the id. */
export function keyAt(place: Place | undefined, arrived: Arrived, value: unknown): string | undefined {
  const text = place && textOf(valueAt(place, arrived, value));
  return shortened(text || arrived.group);
}

/** A text as an attribute of an envelope may have it; of a longer one, its hash. */
export function shortened(text: string | undefined): string | undefined {
  if (text === undefined || text.length <= textLengthMax) return text;
  return derivedId("key", text);
}

/** An envelope inside the same bounds as one that came as CloudEvent. @throws Park ENVELOPE_INVALID */
export function made(
  fields: Readonly<Record<"id" | "source" | "type", string>> & {
    readonly time?: unknown;
    readonly partitionkey?: string | undefined;
    readonly data: unknown;
  },
  { sentMs }: Arrived,
): Envelope {
  const source = encodeURI(fields.source.toWellFormed());
  return envelopeFrom({ specversion: "1.0", ...fields, source }, sentMs);
}

/** The one type that the contract accepts, for a form whose messages do not name theirs. */
export function onlyType(form: string, { name, accepts }: Bound): string {
  const [only, ...others] = accepts;
  if (only !== undefined && others.length === 0) return only.type;
  throw new Error(
    `contract ${name} is ${form}, whose messages have no type, so it must accept exactly one, got ` +
      `${accepts.length}: use one type whose schema is a union`,
  );
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function valueAt(place: Place, arrived: Arrived, value: unknown): unknown {
  if ("attribute" in place) return arrived.attributes[place.attribute];
  if ("of" in place) return place.of === "publish" ? arrived.publishId : arrived.deduplicationId;
  let found = value;
  for (const name of place.field) {
    if (!isObject(found) || !Object.hasOwn(found, name)) return undefined;
    found = found[name];
  }
  return found;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

function placeText(place: Place): string {
  if ("attribute" in place) return `the message attribute ${place.attribute}`;
  if ("of" in place)
    return place.of === "publish" ? "SNS's MessageId" : "the deduplication id of the message";
  return `the field ${place.field.join(".")}`;
}
