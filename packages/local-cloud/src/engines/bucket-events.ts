// The event notifications of S3 to a queue, which fauxqs lacks: one message for each object that is created or removed, and
// a test event when the notification of a bucket is set.
//
//   https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

import { randomBytes } from "node:crypto";
import type { buildApp } from "fauxqs";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../model/clients.ts";
import type { BucketNotification, SendToQueue } from "../model/model.ts";

export interface BucketEvents {
  /** Whom S3 tells from now on. */
  notify(notifications: readonly BucketNotification[], send: SendToQueue): Promise<void>;
}

interface ObjectEvent {
  readonly eventName: string;
  readonly bucket: string;
  readonly key: string;
  readonly size?: number;
  readonly eTag?: string;
}

export function notifyOfObjects(app: ReturnType<typeof buildApp>): BucketEvents {
  let notifications: readonly BucketNotification[] = [];
  let send: SendToQueue = async () => undefined;
  const told = new WeakSet<object>(); // the engine sends some answers twice
  let sequence = BigInt(Date.now()) << 20n;

  app.addHook("onSend", async (request, reply, payload) => {
    if (notifications.length === 0 || reply.statusCode >= 300) return payload;
    const { bucket, "*": key = "" } = (request.params ?? {}) as { bucket?: string; "*"?: string };
    if (bucket === undefined || told.has(request)) return payload;
    told.add(request);
    const what = {
      method: request.method,
      key,
      query: (request.query ?? {}) as Readonly<Record<string, unknown>>,
      isCopy: request.headers["x-amz-copy-source"] !== undefined,
      answer: String(payload ?? ""),
    };
    const size = Number(request.headers["x-amz-decoded-content-length"] ?? request.headers["content-length"]);
    const eTag = String(reply.getHeader("etag") ?? "").replaceAll('"', "");
    for (const { eventName, key } of eventsOf(what)) {
      const isThere = eventName.startsWith("ObjectCreated");
      const known = isThere && { ...(size >= 0 && { size }), ...(eTag !== "" && { eTag }) };
      await tell({ eventName, bucket, key, ...known });
    }
    return payload;
  });

  return {
    async notify(all, sendTo) {
      [notifications, send] = [all, sendTo];
      for (const { bucket, queueUrl } of all) await send(queueUrl, JSON.stringify(testEvent(bucket)));
    },
  };

  async function tell(event: ObjectEvent): Promise<void> {
    const sequencer = (++sequence).toString(16).toUpperCase().padStart(18, "0");
    for (const { queueUrl, ...notification } of notifications) {
      if (isMeant(notification, event))
        await send(queueUrl, JSON.stringify(notificationOf(event, sequencer)));
    }
  }
}

function eventsOf(request: {
  readonly method: string;
  readonly key: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly isCopy: boolean;
  readonly answer: string;
}): { eventName: string; key: string }[] {
  const { method, key, query, isCopy, answer } = request;
  if (method === "POST" && key === "" && "delete" in query) {
    const keys = [...answer.matchAll(/<Deleted><Key>([^<]*)<\/Key>/g)].map(([, found = ""]) => found);
    return keys.map((found) => ({ eventName: "ObjectRemoved:Delete", key: found }));
  }
  if (key === "") return [];
  if (method === "DELETE") return "uploadId" in query ? [] : [{ eventName: "ObjectRemoved:Delete", key }];
  if (method === "POST")
    return "uploadId" in query ? [{ eventName: "ObjectCreated:CompleteMultipartUpload", key }] : [];
  if (method !== "PUT" || "uploadId" in query) return [];
  return [{ eventName: isCopy ? "ObjectCreated:Copy" : "ObjectCreated:Put", key }];
}

function isMeant(
  { bucket, event, prefix = "", suffix = "" }: Omit<BucketNotification, "queueUrl">,
  { eventName, ...object }: ObjectEvent,
): boolean {
  const isNamed = event.endsWith("*")
    ? `s3:${eventName}`.startsWith(event.slice(0, -1))
    : `s3:${eventName}` === event;
  return bucket === object.bucket && isNamed && object.key.startsWith(prefix) && object.key.endsWith(suffix);
}

function notificationOf({ eventName, bucket, key, ...object }: ObjectEvent, sequencer: string) {
  return {
    Records: [
      {
        eventVersion: "2.1",
        eventSource: "aws:s3",
        awsRegion: LOCAL_REGION,
        eventTime: new Date().toISOString(),
        eventName,
        userIdentity: { principalId: LOCAL_ACCOUNT },
        requestParameters: { sourceIPAddress: "127.0.0.1" },
        responseElements: {
          "x-amz-request-id": randomBytes(8).toString("hex").toUpperCase(),
          "x-amz-id-2": randomBytes(32).toString("base64"),
        },
        s3: {
          s3SchemaVersion: "1.0",
          configurationId: "local",
          bucket: {
            name: bucket,
            ownerIdentity: { principalId: LOCAL_ACCOUNT },
            arn: `arn:aws:s3:::${bucket}`,
          },
          object: { key: encoded(key), ...object, sequencer },
        },
      },
    ],
  };
}

/** As a form is encoded; slashes stay. */
function encoded(key: string): string {
  return encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+");
}

function testEvent(Bucket: string) {
  const RequestId = randomBytes(8).toString("hex").toUpperCase();
  const Time = new Date().toISOString();
  return { Service: "Amazon S3", Event: "s3:TestEvent", Time, Bucket, RequestId, HostId: "local" };
}
