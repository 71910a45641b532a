// Kinds of what is sent, kept for sending, and parked.

import type { Message } from "@aws-sdk/client-sqs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { claimCheck } from "@essentially-once/messaging/claim-check";
import { consumer } from "@essentially-once/messaging/consumer";
import { asciiJson, readEnvelope } from "@essentially-once/messaging/envelope";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import { readOutboxRow } from "@essentially-once/messaging/internal/commit/outbox";
import { readInlineRows } from "@essentially-once/messaging/internal/publish/inline-stream";
import { readRegistration } from "@essentially-once/messaging/internal/publish/registration";
import { fixedRegistry } from "@essentially-once/messaging/internal/publish/registry";
import { readRoutes } from "@essentially-once/messaging/internal/publish/routes";
import { strandRows } from "@essentially-once/messaging/internal/publish/stranded-rows";
import { parkOf } from "@essentially-once/messaging/internal/receive/park-attributes";
import { restored, storeParked } from "@essentially-once/messaging/internal/receive/parked-body";
import { keyRing } from "@essentially-once/messaging/internal/trust/key-ring";
import { newKey, writeKeyEntries } from "@essentially-once/messaging/internal/trust/key-secret";
import { signature, signer } from "@essentially-once/messaging/internal/trust/signature";
import { Park } from "@essentially-once/messaging/outcome";
import { rows } from "@essentially-once/messaging/rows";
import type { Kind } from "./kinds.ts";
import { bodyOf, noted, recorder, Told, talliesIn } from "./messages.ts";
import type { Stage } from "./stage.ts";

const envelopeKind: Kind = {
  name: "envelope",
  formats: ["envelope"],
  async write() {
    const whole = {
      sequence: "7",
      causationid: "cause",
      traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01`,
      hops: 3,
    };
    const { data: _, ...unread } = noted(3);
    const referring = { ...unread, dataref: `s3://bucket/claims/${"a".repeat(43)}` };
    return {
      bodies: [bodyOf(1), bodyOf(2, whole), asciiJson(referring), bodyOf(4, { partitionkey: "é \u2028" })],
    };
  },
  async read(_stage, { bodies }: { bodies: string[] }) {
    return bodies.map((body) => readEnvelope(body));
  },
};

const signatureKind: Kind = {
  name: "signature",
  formats: ["signature", "signing keys"],
  async write(stage) {
    const first = JSON.stringify({ current: "k1", k1: "p".repeat(44) }); // as CloudFormation generates it
    const rotated = writeKeyEntries([newKey("k2", { signsFromMs: 0 }), newKey("k3", { signsFromMs: 1 })]);
    const signed = [];
    for (const secret of [first, rotated]) {
      const sign = signer({ keys: keyRing({ load: async () => secret }) });
      const { Signature } = await sign({ body: bodyOf(1), envelope: noted(1) }, stageQueue(stage));
      signed.push({ secret, signature: Signature });
    }
    return { signed };
  },
  async read(stage, { signed }: { signed: { secret: string; signature: string }[] }) {
    const outcomes = [];
    for (const { secret, signature: text } of signed) {
      const keys = keyRing({ load: async () => secret });
      const handler = consumer(recorder)
        .use(signature({ keys }))
        .handler(async () => undefined);
      for (const body of [bodyOf(1), bodyOf(2)]) {
        const record = stage.record(body);
        const messageAttributes = { Signature: { dataType: "String", stringValue: text } };
        outcomes.push(await stage.receive(handler, [{ ...record, messageAttributes }]));
      }
    }
    return { outcomes, parked: (await stage.parked()).map(reasonOf).sort() };
  },
};

const outboxKind: Kind = {
  name: "outbox",
  formats: ["outbox row", "stranded row", "commit stamp"],
  async write(stage) {
    await stage.receive(publishing(stage), [stage.record(bodyOf(1)), stage.record(bodyOf(2))]);
    const [item] = await stage.items("outbox");
    const row = readOutboxRow(marshall(item ?? {}));
    const queueUrl = "http://queues/gone";
    const registry = fixedRegistry({ routes: readRoutes(JSON.stringify({ [Told.type]: [queueUrl] })) });
    const gone = [{ queueUrl, rowIds: new Set([row.id]) }];
    const outboxTable = process.env.ORDERED_OUTBOX_TABLE ?? "";
    const options = {
      gone,
      unsent: new Set<string>(),
      outboxTable,
      registry,
      deadlineMs: Date.now() + 5_000,
    };
    await strandRows([row], options);
    return {
      former: { id: "former", createdAt: row.createdAt, messages: row.messages.map(({ body }) => body) },
    };
  },
  async read(stage, { former }: { former: Record<string, unknown> }) {
    const before = await stage.items("outbox");
    await stage.receive(publishing(stage), [stage.record(bodyOf(3))]);
    const after = await stage.items("outbox");
    const [stateItem] = await stage.items("state");
    const fresh = after.find(({ place }) => before.every((one) => one.place !== place));
    return {
      rows: [...before, former]
        .map((item) => readOutboxRow(marshall(item)))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
      // The commit that read the recorded item comes after it.
      isAfter: String(fresh?.after) > "0" && String(stateItem?.eo_stamp) > String(fresh?.after),
    };
  },
};

const inlineOutboxKind: Kind = {
  name: "inline-outbox",
  formats: ["messages in an item"],
  async write(stage) {
    await stage.receive(publishing(stage, inline({ table: stage.state })), [stage.record(bodyOf(1))]);
    return undefined;
  },
  async read(stage) {
    const [item = {}] = await stage.items("state");
    const change = { newImage: marshall(item), oldImage: undefined, table: "state", sequenceNumber: "100" };
    return readInlineRows(change).map(({ createdAt: _, ...row }) => row);
  },
};

const claimKind: Kind = {
  name: "claim",
  formats: ["claim-check object"],
  async write(stage) {
    await stage.receive(publishing(stage, rows(), { large: true }), [stage.record(bodyOf(1))]);
    const [row] = await stage.items("outbox");
    const [body] = Array.isArray(row?.messages) ? row.messages : [];
    return { body };
  },
  async read(stage, { body }: { body: string }) {
    const seen: unknown[] = [];
    const reader = consumer({ ...recorder, accepts: [Told] })
      .use(claimCheck())
      .handler(async ({ data }) => void seen.push(data));
    return { done: await stage.receive(reader, [stage.record(body)]), seen };
  },
};

const parkedKind: Kind = {
  name: "parked",
  formats: ["parked message", "parked body"],
  async write(stage) {
    const refusing = consumer(recorder).handler(async () => {
      throw new Park("POISON", "it is refused");
    });
    const record = stage.record(bodyOf(1));
    const own = { dataType: "String", stringValue: "mine" };
    await stage.receive(refusing, [
      { ...record, messageAttributes: { Signature: own, Mine: own, ReasonCode: own } },
    ]);
    const [deadLetter] = await stage.parked();
    const place = { bucket: stage.bucket, client: stage.clients.s3 };
    const attributes = { Mine: { DataType: "String", StringValue: "mine" } };
    const reference = await storeParked({ ...place, queueName: "queue" }, { body: bodyOf(2), attributes });
    const ParkedBody = { DataType: "String", StringValue: reference };
    const stub = {
      ...deadLetter,
      Body: "a stub",
      MessageAttributes: { ...deadLetter?.MessageAttributes, ParkedBody },
    };
    return { messages: [deadLetter, stub] };
  },
  async read(stage, { messages }: { messages: Message[] }) {
    const place = { bucket: stage.bucket, client: stage.clients.s3 };
    const whole = await Promise.all(messages.map((message) => restored(message, place)));
    return whole.map((message) => ({
      park: parkOf(message),
      body: message.Body,
      attributes: message.MessageAttributes,
    }));
  },
};

const registryKind: Kind = {
  name: "registry",
  formats: ["registry entry"],
  async write() {
    return {
      entries: {
        take: '{"form":1,"stack":"Taking","accepts":[["a.v1","a.v2"]],"queue":"http://queues/take","publishes":["b.v1"],"table":"state"}',
        pay: '{"stack":"Paying","accepts":[],"publishes":["a.v1"],"elsewhere":["a.v1"]}', // before entries had a form
      },
    };
  },
  async read(_stage, { entries }: { entries: Record<string, string> }) {
    return Object.entries(entries).map(([name, text]) => readRegistration(name, text));
  },
};

export const transportKinds = [
  envelopeKind,
  signatureKind,
  outboxKind,
  inlineOutboxKind,
  claimKind,
  parkedKind,
  registryKind,
];

function publishing(stage: Stage, evidence = rows(), { large = false } = {}) {
  const tallies = talliesIn(stage.state);
  return consumer(recorder)
    .use(idempotency({ evidence }))
    .use(claimCheck({ thresholdBytes: large ? 0 : 32_768 }))
    .handler(async ({ data: { n } }, unit) => {
      unit.write(await tallies.next("key"));
      unit.publish(Told.from(large ? { n, text: "t".repeat(1_000) } : { n }));
    });
}

function stageQueue(stage: Stage): string {
  return `http://queues/${stage.record("").eventSourceARN.split(":").at(-1)}`;
}

function reasonOf({ MessageAttributes = {} }: Message): string {
  return MessageAttributes.ReasonCode?.StringValue ?? "none";
}
