// Notifications that an S3 bucket sends to a queue.
//
//   G2. A notification has no id. What names the event is bucket, key and version, the name of the event and its
//   sequencer, which S3 repeats when it delivers a notification twice.
//   G4. S3 delivers in any order. `compareSequencers` tells which of two events of one key came later.
//
//   https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

import { derivedId } from "../core/ids.ts";
import { Park } from "../core/outcome.ts";
import { parseExact } from "../envelope/caps.ts";
import { type Arrived, type From, isObject, made, onlyType, originOf, shortened } from "./origin.ts";

/** The data of a message: what its schema gets. */
export interface S3Notification {
  /** `ObjectCreated:Put` … */
  readonly eventName: string;
  readonly bucket: string;
  /** As the object is called: not encoded. */
  readonly key: string;
  /** Bytes; absent when the object was removed. */
  readonly size?: number;
  readonly eTag?: string;
  readonly versionId?: string;
  /** Hexadecimal: see `compareSequencers`. Absent for events that are no creation and no removal. */
  readonly sequencer?: string;
}

/**
 * ```ts
 * contract({ name: "import-file", accepts: [FileArrived], from: s3Notifications() })
 * ```
 */
export function s3Notifications(): From {
  return function s3NotificationsOf(bound) {
    const type = onlyType("S3 notifications", bound);
    return originOf({ form: "s3-notifications", type }, undefined, (arrived) => {
      const body = parseExact(arrived.body);
      if (isTest(body)) return undefined;
      return notification(recordIn(body), type, arrived);
    });
  };
}

/**
 * Negative when the event of `a` came before that of `b`; of one key of a bucket only. Handlers that keep the latest state
 * of an object keep its sequencer beside it, and leave out what is not later.
 */
export function compareSequencers(a: string, b: string): number {
  const length = Math.max(a.length, b.length);
  const [left, right] = [a, b].map((text) => text.toUpperCase().padEnd(length, "0")) as [string, string];
  return left < right ? -1 : Number(left > right);
}

/** S3 sends it once, when a notification is configured. */
function isTest(body: unknown): boolean {
  return isObject(body) && body.Service === "Amazon S3" && body.Event === "s3:TestEvent";
}

/** @throws Park FORM_INVALID, or SEVERAL_RECORDS: what becomes of one would be what becomes of all */
function recordIn(body: unknown): Readonly<Record<string, unknown>> {
  const { Records } = isObject(body) ? body : {};
  if (!Array.isArray(Records) || !isObject(Records[0])) {
    throw new Park("FORM_INVALID", "the body is not an S3 notification");
  }
  if (Records.length > 1) {
    throw new Park("SEVERAL_RECORDS", `${Records.length} records: send each as its own message`);
  }
  return Records[0];
}

function notification(record: Readonly<Record<string, unknown>>, type: string, arrived: Arrived) {
  const { eventName, eventTime, responseElements, s3 } = record;
  const { bucket, object } = isObject(s3) ? s3 : {};
  const { name } = isObject(bucket) ? bucket : {};
  const { key: encoded, size, eTag, versionId, sequencer } = isObject(object) ? object : {};
  if (typeof eventName !== "string" || typeof name !== "string" || typeof encoded !== "string") {
    throw new Park("FORM_INVALID", "an S3 record must have an event name, a bucket and an object key");
  }
  const key = decoded(encoded);
  const named = sequencer ?? requestIdIn(responseElements);
  if (typeof named !== "string" || named === "") {
    throw new Park("ID_MISSING", "the record has neither a sequencer nor a request id");
  }
  const data = { eventName, bucket: name, key, ...present({ size, eTag, versionId, sequencer }) };
  return made(
    {
      id: derivedId(key, typeof versionId === "string" ? versionId : "", eventName, named),
      source: `arn:aws:s3:::${name}`,
      type,
      time: eventTime,
      partitionkey: shortened(`${name}/${key}`),
      data,
    },
    arrived,
  );
}

/** Events without a sequencer have the id of the request, which a second delivery has, too. */
function requestIdIn(elements: unknown): unknown {
  return isObject(elements) ? elements["x-amz-request-id"] : undefined;
}

/** S3 encodes keys as a form does: a space is a plus. @throws Park FORM_INVALID */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    throw new Park("FORM_INVALID", "the object key is not encoded as S3 encodes it");
  }
}

function present(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
