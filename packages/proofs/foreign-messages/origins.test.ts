// What other programs and services send, to contracts that say where it comes from: the id, the key and the data of each.
import { readFileSync } from "node:fs";
import { type Contract, checkDeployed, contract, contractText } from "@essentially-once/messaging/contract";
import { eventBridge } from "@essentially-once/messaging/event-bridge";
import { givenIdName } from "@essentially-once/messaging/internal/envelope/given-id";
import {
  type Arrived,
  attribute,
  deduplicationId,
  type From,
  field,
  originOf,
  publishId,
} from "@essentially-once/messaging/internal/origin/origin";
import { messageType } from "@essentially-once/messaging/message-type";
import { Park } from "@essentially-once/messaging/outcome";
import { rawJson } from "@essentially-once/messaging/raw-json";
import { compareSequencers, s3Notifications } from "@essentially-once/messaging/s3-notifications";
import { sns } from "@essentially-once/messaging/sns";
import { cloudEvents } from "@essentially-once/messaging/unsigned-cloud-events";
import { originIn } from "@essentially-once/operator/internal/connect/origins";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { anSqsRecord } from "@essentially-once/testing/lambda";
import { describe, expect, it } from "vitest";
import * as z from "zod";

const Order = messageType({ type: "legacy.order.v1", schema: z.unknown(), key: () => "key" });
const order = bodyNamed("json-order");
const s3Event = bodyNamed("s3-event-encoded-key");

describe("raw JSON", () => {
  it.each<[string, Parameters<typeof rawJson>[0], Partial<Arrived>, string]>([
    ["a field", { id: field("orderId") }, {}, "foreign-7"],
    ["a number in a field inside another", { id: field("customer", "id") }, {}, "42"],
    ["an attribute", { id: attribute("MessageId") }, { attributes: { MessageId: "m-1" } }, "m-1"],
    ["the deduplication id", { id: deduplicationId() }, { deduplicationId: "d-1" }, "d-1"],
    [
      "an attribute as long as any",
      { id: attribute("long") },
      { attributes: { long: "i".repeat(512) } },
      "i".repeat(512),
    ],
    ["the field, corrected", { id: field("orderId") }, { attributes: { [givenIdName]: "g-1" } }, "g-1"],
    [
      "an attribute, corrected",
      { id: attribute("a") },
      { attributes: { a: "b", [givenIdName]: "g-1" } },
      "g-1",
    ],
    [
      "an attribute that is only given",
      { id: attribute("a") },
      { attributes: { [givenIdName]: "g-1" } },
      "g-1",
    ],
  ])("G2: has the id that the contract points at: %s", (_what, options, arrived, id) => {
    const message = read(rawJson(options), order, arrived);
    expect(message).toMatchObject({ id, source: "/imports/raw-json", type: Order.type });
    expect(message?.data).toEqual(JSON.parse(order));
  });

  it.each<[string, Parameters<typeof rawJson>[0], boolean, boolean]>([
    ["a field", { id: field("orderId") }, false, false],
    ["an attribute", { id: attribute("MessageId") }, true, false], // a notification has the attributes in its body
    ["the deduplication id", { id: deduplicationId() }, true, true],
  ])("G4: only an id that is not in the body goes beside it: %s", (_what, options, alone, inNotification) => {
    const besideIn = (from: From) => from({ name: "import", accepts: [Order] }).beside;
    expect(besideIn(rawJson(options))).toEqual(alone ? options.id : undefined);
    expect(besideIn(sns(rawJson(options), { raw: true }))).toEqual(alone ? options.id : undefined);
    expect(besideIn(sns(rawJson(options)))).toEqual(inNotification ? options.id : undefined);
    expect(besideIn(sns(rawJson({ id: publishId() })))).toBeUndefined();
  });

  it.each<[string, Parameters<typeof rawJson>[0], string, string]>([
    ["absent", { id: field("number") }, order, "ID_MISSING: the field number is"],
    ["null", { id: field("a") }, '{"a":null}', "ID_MISSING"],
    ["empty", { id: field("a") }, '{"a":""}', "ID_MISSING"],
    ["an inherited name", { id: field("toString") }, "{}", "ID_MISSING"],
    ["in no object", { id: field("a") }, "7", "ID_MISSING"],
    ["in nothing", { id: field("a") }, "null", "ID_MISSING"],
    ["in a field of none", { id: field("customer", "nr") }, order, "ID_MISSING: the field customer.nr is"],
    ["no attribute", { id: attribute("MessageId") }, order, "ID_MISSING: the message attribute MessageId"],
    ["no deduplication id", { id: deduplicationId() }, order, "ID_MISSING: the deduplication id"],
    ["an object", { id: field("customer") }, order, "ID_INVALID"],
    ["a fraction", { id: field("a") }, '{"a":1.5}', "ID_INVALID"],
    ["too long", { id: field("a") }, JSON.stringify({ a: "i".repeat(513) }), "ID_INVALID"],
    ["half a character", { id: field("a") }, '{"a":"\\ud800"}', "ID_INVALID"],
    ["a number beyond JavaScript's", { id: field("a") }, '{"a":12345678901234567890}', "NUMBER_INEXACT"],
    ["no JSON", { id: field("a") }, "a=1", "NOT_JSON"],
    ["a forbidden key", { id: field("a") }, '{"a":1,"__proto__":{}}', "KEY_FORBIDDEN"],
  ])("G6: parks an id that is %s, and says where it looked", (_what, options, body, reason) => {
    expect(reasonOf(() => read(rawJson(options), body))).toContain(reason);
  });

  it.each<[string, string]>([
    ["too long", "i".repeat(513)],
    ["half a character", "\ud800"],
  ])("G6: parks an id that was given beside it and is %s", (_what, given) => {
    const arrived = { attributes: { [givenIdName]: given } };
    for (const id of [field("orderId"), attribute("a")])
      expect(reasonOf(() => read(rawJson({ id }), order, arrived))).toContain("ID_INVALID");
    expect(reasonOf(() => read(s3Notifications(), s3Event, arrived))).toContain("ID_INVALID");
  });

  it("G4: has the key that the contract points at, else the sender's group, else its id", () => {
    const id = field("orderId");
    expect(read(rawJson({ id, key: field("customer", "id") }), order)?.partitionkey).toBe("42");
    expect(read(rawJson({ id }), order, { group: "g" })?.partitionkey).toBe("g");
    expect(read(rawJson({ id }), order)?.partitionkey).toBe("foreign-7");
  });

  it("G6: parks a body without its field, also when an id was given beside it", () => {
    const given = { attributes: { [givenIdName]: "g-1" } };
    expect(reasonOf(() => read(rawJson({ id: field("number") }), order, given))).toContain("ID_MISSING");
  });

  it("G4: has a long key as its hash, which every release makes alike", () => {
    const keyOf = (key: string) =>
      read(rawJson({ id: field("orderId"), key: attribute("key") }), order, { attributes: { key } })
        ?.partitionkey;
    expect(keyOf("k".repeat(512))).toBe("k".repeat(512));
    expect(keyOf("k".repeat(513))).toBe("pv91FAAHS2IOCPdeN_LNB5C2uho1max-bhUOdIe8uxA");
  });

  it("has the time of its sending", () => {
    const sentMs = Date.UTC(2026, 4, 1);
    const untimed = JSON.stringify({ ...anEnvelope({ type: Order.type }), time: undefined });
    expect(read(cloudEvents(), untimed, { sentMs })?.time).toBe("2026-05-01T00:00:00.000Z");
    expect(read(rawJson({ id: field("orderId") }), order, { sentMs })?.time).toBe("2026-05-01T00:00:00.000Z");
  });

  it("G4: an id that is not in the body goes beside it, also of what cannot be read", () => {
    const from = contractFrom(rawJson({ id: deduplicationId() })).from;
    for (const body of [order, "{"]) {
      const record = anSqsRecord(body, { queueName: "a.fifo", group: "g" });
      record.attributes.MessageDeduplicationId = "d-1";
      const [received] = from?.receive([record]) ?? [];
      expect(received?.record.messageAttributes.EssentiallyOnceId).toEqual({
        dataType: "String",
        stringValue: "d-1",
        stringListValues: [],
        binaryListValues: [],
      });
      const redriven = { ...record, messageAttributes: received?.record.messageAttributes ?? {} };
      redriven.attributes = { ...record.attributes, MessageDeduplicationId: "of the redrive" };
      const [again] = from?.receive([redriven]) ?? [];
      if (body === order) expect(again?.envelope).toMatchObject({ id: "d-1" });
      expect(again?.record.messageAttributes.EssentiallyOnceId?.stringValue).toBe("d-1");
    }
  });
});

describe("the records of a batch", () => {
  const missing = contractFrom(rawJson({ id: deduplicationId() })).from;

  it("G6: without an id are parked as they are", () => {
    const record = anSqsRecord(order);
    expect(missing?.receive([record])).toMatchObject([{ envelope: { code: "ID_MISSING" } }]);
    expect(missing?.receive([record])[0]?.record).toBe(record);
  });

  it("that ask for nothing are acknowledged, which is logged", async () => {
    const from = contractFrom(s3Notifications()).from;
    const records = [anSqsRecord(bodyNamed("s3-test-event")), anSqsRecord(s3Event)];
    const lines = await linesOf(async () => expect(from?.receive(records)).toHaveLength(1));
    expect(lines).toMatchObject([
      { level: "INFO", code: "NOTHING_TO_DO", form: "s3-notifications" },
      { code: "NOTHING_ASKED" },
    ]);
  });

  it("fail when the form itself fails", () => {
    const broken = originOf({ form: "broken" }, undefined, () => {
      throw new TypeError("a bug");
    });
    expect(() => broken.receive([anSqsRecord(order)])).toThrow("a bug");
  });

  it("G7: are read without the middlewares that are for messages of the relay", () => {
    const [own, relayed] = [{ before: () => undefined }, { relayed: () => undefined }];
    expect(missing?.own([own, relayed])).toEqual([own]);
  });
});

describe("SNS", () => {
  it("G2: has the id inside of the notification, and SNS's own only where the contract says so", () => {
    const wrapped = notificationOf(order, { MessageId: { Type: "String", Value: "m-1" } });
    expect(read(sns(rawJson({ id: field("orderId") })), wrapped)?.id).toBe("foreign-7");
    expect(read(sns(rawJson({ id: attribute("MessageId") })), wrapped)?.id).toBe("m-1");
    expect(read(sns(rawJson({ id: publishId() })), wrapped)?.id).toBe("22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324");
  });

  it("G2: has the id that was given beside the notification, and none that was given in it", () => {
    const from = sns(rawJson({ id: attribute("MessageId") }));
    const given = notificationOf(order, { [givenIdName]: { Type: "String", Value: "inside" } });
    expect(read(from, given, { attributes: { [givenIdName]: "beside" } })?.id).toBe("beside");
    expect(reasonOf(() => read(from, given))).toContain("ID_MISSING");
  });

  it.each([
    ["of bytes", { Type: "Binary", Value: "aWQ=" }],
    ["that is no text", { Type: "Number", Value: {} }],
    ["that is none", null],
  ])("G6: has no attribute %s", (_what, MessageId) => {
    const wrapped = notificationOf(order, { MessageId });
    const from = sns(rawJson({ id: attribute("MessageId") }));
    expect(reasonOf(() => read(from, wrapped))).toContain("ID_MISSING: the message attribute MessageId");
  });

  it.each([undefined, 7])("G6: parks a notification with the id %s", (MessageId) => {
    const wrapped = JSON.stringify({ ...JSON.parse(notificationOf(order)), MessageId });
    const from = sns(rawJson({ id: publishId() }));
    expect(reasonOf(() => read(from, wrapped))).toContain("ID_MISSING: SNS's MessageId is missing");
  });

  it("brings CloudEvents and notifications of S3, raw or wrapped", () => {
    const event = anEnvelope({ type: Order.type });
    const text = JSON.stringify(event);
    expect(read(sns(cloudEvents()), notificationOf(text))).toEqual(event);
    expect(read(sns(cloudEvents(), { raw: true }), text)).toEqual(event);
    const direct = read(s3Notifications(), s3Event);
    expect(read(sns(s3Notifications()), bodyNamed("sns-s3-event"))).toEqual(direct);
    expect(read(sns(s3Notifications(), { raw: true }), s3Event)).toEqual(direct);
  });

  it("G6: eats S3's test event inside of a notification", () => {
    expect(read(sns(s3Notifications()), bodyNamed("sns-s3-test-event"))).toBeUndefined();
  });

  it("G6: parks what the subscription does not deliver as the contract says", () => {
    const from = sns(rawJson({ id: field("orderId") }));
    expect(reasonOf(() => read(from, order))).toContain("FORM_INVALID: the body is not a");
    for (const change of [{ Type: "UnsubscribeConfirmation" }, { Message: {} }]) {
      const other = JSON.stringify({ ...JSON.parse(notificationOf(order)), ...change });
      expect(reasonOf(() => read(from, other))).toContain("FORM_INVALID");
    }
    const confirmation = bodyNamed("sns-subscription-confirmation");
    expect(reasonOf(() => read(from, confirmation))).toContain("SUBSCRIPTION_UNCONFIRMED");
    expect(
      reasonOf(() => read(sns(rawJson({ id: field("orderId") }), { raw: true }), confirmation)),
    ).toContain("ID_MISSING");
  });
});

describe("EventBridge", () => {
  const types = { "EC2 Instance State-change Notification": Order };

  it("G2: has the id of the event, also when an archive replays it", () => {
    const event = read(eventBridge({ types }), bodyNamed("eventbridge"));
    expect(event).toMatchObject({
      id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
      source: "aws.ec2",
      type: Order.type,
      time: "2026-12-22T18:43:48Z",
      data: { note: "foreign-content-7Q3z" },
    });
    expect(read(eventBridge({ types }), bodyNamed("eventbridge-replayed"))).toEqual(event);
  });

  it("has id and key in the detail where the contract says so", () => {
    const body = JSON.stringify({ ...JSON.parse(bodyNamed("eventbridge")), detail: { number: 7, who: "a" } });
    const from = eventBridge({ types, id: field("number"), key: field("who") });
    expect(read(from, body)).toMatchObject({ id: "7", partitionkey: "a" });
    expect(reasonOf(() => read(from, bodyNamed("eventbridge")))).toContain("ID_MISSING: the field number");
  });

  it("G6: parks a detail type that is not named, and a body that is no event", () => {
    const other = eventBridge({ types: { toString: Order, Sold: Order } });
    expect(reasonOf(() => read(other, bodyNamed("eventbridge")))).toContain(
      "TYPE_UNKNOWN: this consumer accepts the detail types toString, Sold",
    );
    for (const missing of ["detail-type", "source", "id"]) {
      const body = JSON.stringify({ ...JSON.parse(bodyNamed("eventbridge")), [missing]: undefined });
      expect(reasonOf(() => read(eventBridge({ types }), body))).toContain("FORM_INVALID");
    }
    expect(reasonOf(() => read(eventBridge({ types }), order))).toContain("FORM_INVALID");
  });

  it("may be one of several types that the contract accepts", () => {
    const from = both(eventBridge({ types })).from;
    expect(from?.read({ body: bodyNamed("eventbridge"), attributes: {} })?.type).toBe(Order.type);
  });
});

describe("S3 notifications", () => {
  const message = read(s3Notifications(), s3Event);

  it("G2: has an id of bucket, key, version, event and sequencer, and of nothing else", () => {
    expect(message).toMatchObject({ source: "arn:aws:s3:::amzn-s3-demo-bucket", type: Order.type });
    expect(idAfter((record) => (record.responseElements = { "x-amz-request-id": "another" }))).toBe(
      message?.id,
    );
    expect(idAfter(({ s3 }) => (s3.configurationId = "another"))).toBe(message?.id);
    const changes: ((record: S3Record) => unknown)[] = [
      (record) => (record.eventName = "ObjectRemoved:Delete"),
      ({ s3 }) => (s3.object.key = "another"),
      ({ s3 }) => (s3.object.versionId = "another"),
      ({ s3 }) => (s3.object.sequencer = "0055AED6DCD90281E6"),
    ];
    expect(new Set([message?.id, ...changes.map(idAfter)]).size).toBe(1 + changes.length);
  });

  it("G2: has an id that every release makes alike, and the time of its event", () => {
    expect(message).toMatchObject({
      id: "QOqZ5uTZTgFNbjISLTPFHANjNcGe4-zGYvQXLoBTz4M",
      time: "2026-05-02T00:54:06.655Z",
    });
    expect(idAfter(({ s3 }) => delete s3.object.versionId)).toBe(
      "O0nyWuObDYC_SUHSFMuyOjEYSwIGTfwV58jUYASu2hY",
    );
  });

  it("has only what S3 says", () => {
    const data = read(
      s3Notifications(),
      changed(({ s3 }) => delete s3.object.versionId),
    )?.data;
    expect(Object.keys(Object(data))).not.toContain("versionId");
  });

  it("has the key as the object is called, not as S3 encodes it", () => {
    const key = "foreign-content-7Q3z/Résumé (2026) a+b.pdf";
    expect(message?.data).toMatchObject({ key, eventName: "ObjectCreated:Put", size: 1024 });
    expect(message?.partitionkey).toBe(`amzn-s3-demo-bucket/${key}`);
    expect(
      read(
        s3Notifications(),
        changed(({ s3 }) => (s3.object.key = "k".repeat(1_024))),
      )?.partitionkey,
    ).toHaveLength(43);
  });

  it("G6: eats the event that S3 sends when a notification is configured", () => {
    expect(read(s3Notifications(), bodyNamed("s3-test-event"))).toBeUndefined();
  });

  it("G6: parks several records in one message, and what is no notification", () => {
    const several = bodyNamed("s3-event-several-records");
    expect(reasonOf(() => read(s3Notifications(), several))).toContain("SEVERAL_RECORDS: 2 records");
    const tests = ['{"Service":"Amazon S3","Event":"other"}', '{"Service":"other","Event":"s3:TestEvent"}'];
    for (const body of [order, '{"Records":[]}', '{"Records":[7]}', '{"Records":[{}]}', ...tests])
      expect(reasonOf(() => read(s3Notifications(), body))).toContain("FORM_INVALID");
    const changes: ((record: S3Record) => unknown)[] = [
      (record) => delete (record as Partial<S3Record>).eventName,
      ({ s3 }) => delete (s3.object as Partial<typeof s3.object>).key,
      ({ s3 }) => (s3.bucket = {}),
    ];
    for (const change of changes) {
      expect(reasonOf(() => read(s3Notifications(), changed(change)))).toContain(
        "FORM_INVALID: an S3 record must have an event name, a bucket and an object key",
      );
    }
    const misspelt = changed(({ s3 }) => (s3.object.key = "%E0%A4%A"));
    expect(reasonOf(() => read(s3Notifications(), misspelt))).toContain("FORM_INVALID");
  });

  it("G2: an event without a sequencer has the id of its request, and without either none", () => {
    const without = (record: S3Record) => delete record.s3.object.sequencer;
    expect(read(s3Notifications(), changed(without))?.id).toHaveLength(43);
    const neither = changed((record) => {
      without(record);
      delete record.responseElements;
    });
    const empty = changed(({ s3 }) => (s3.object.sequencer = ""));
    for (const body of [neither, empty]) {
      expect(reasonOf(() => read(s3Notifications(), body))).toContain("ID_MISSING");
    }
  });

  it("G4: sequencers are compared as hexadecimal, the shorter one padded on its right", () => {
    expect(compareSequencers("0055AED6DCD90281E5", "0055AED6DCD90281E6")).toBeLessThan(0);
    expect(compareSequencers("0055AED7", "0055AED6DCD90281E6")).toBeGreaterThan(0);
    expect(compareSequencers("0055AED6", "0055aed600")).toBe(0);
  });
});

describe("a contract with an origin", () => {
  it("G2: a function that was deployed with another form does not start", () => {
    const deployed = contractText(contractFrom(rawJson({ id: field("orderId") })));
    process.env.CONTRACT = deployed;
    expect(() => checkDeployed(contractFrom(rawJson({ id: field("orderId") })))).not.toThrow();
    for (const other of [rawJson({ id: field("number") }), s3Notifications(), cloudEvents()])
      expect(() => checkDeployed(contractFrom(other))).toThrow("CONTRACT_MISMATCH");
    delete process.env.CONTRACT;
  });

  it.each<[string, () => unknown, string]>([
    [
      "SNS's id outside of a notification",
      () => contractFrom(rawJson({ id: publishId() })),
      "needs sns(…) without raw delivery",
    ],
    [
      "SNS's id of raw delivery",
      () => contractFrom(sns(rawJson({ id: publishId() }), { raw: true })),
      "needs sns(…)",
    ],
    ["SNS inside of SNS", () => contractFrom(sns(sns(cloudEvents()))), "sns(…) inside of sns(…)"],
    [
      "SNS inside of SNS, raw",
      () => contractFrom(sns(sns(cloudEvents()), { raw: true })),
      "sns(…) inside of sns(…)",
    ],
    [
      "two types of raw JSON",
      () => both(rawJson({ id: field("a") })),
      "contract imports is raw JSON, whose messages have no type, so it must accept exactly one, got 2",
    ],
    [
      "two types of S3 notifications",
      () => both(s3Notifications()),
      "contract imports is S3 notifications, whose messages have no type",
    ],
    [
      "no type of raw JSON",
      () => rawJson({ id: field("a") })({ name: "imports", accepts: [] }),
      "must accept exactly one, got 0",
    ],
    ["an event of a type that it does not accept", () => contractFrom(stray()), "it does not accept"],
    [
      "an event's attribute",
      () => contractFrom(eventBridge({ types: {}, id: attribute("a") })),
      "only the fields of its detail",
    ],
  ])("refuses %s", (_what, make, why) => expect(make).toThrow(why));

  it.each<[string, From, string | undefined]>([
    ["an attribute", rawJson({ id: attribute("OrderId") }), "beside"],
    ["an attribute of raw delivery", sns(rawJson({ id: attribute("OrderId") }), { raw: true }), "beside"],
    ["an attribute of a notification", sns(rawJson({ id: attribute("OrderId") })), undefined],
    ["a field", rawJson({ id: field("orderId") }), undefined],
  ])("G2: only an id that is beside the body goes with a message that is parked: %s", (_what, from, id) => {
    const OrderId = { dataType: "String", stringValue: "beside" };
    const body = notificationOf(order, { OrderId: { Type: "String", Value: "inside" } });
    const record = { ...anSqsRecord(body), messageAttributes: { OrderId } } as never;
    const [received] = contractFrom(from).from?.receive([record]) ?? [];
    expect(received?.record.messageAttributes[givenIdName]?.stringValue).toBe(id);
  });

  it("G2: has a form that other releases read", () => {
    const type = Order.type;
    const forms: readonly [From, object][] = [
      [
        rawJson({ id: deduplicationId(), key: field("customer", "id") }),
        { form: "raw-json", type, id: { of: "deduplication" }, key: { field: ["customer", "id"] } },
      ],
      [
        sns(rawJson({ id: publishId(), key: attribute("a") })),
        {
          form: "sns",
          raw: false,
          message: { form: "raw-json", type, id: { of: "publish" }, key: { attribute: "a" } },
        },
      ],
      [
        eventBridge({ types: { Sold: Order }, id: field("a") }),
        { form: "event-bridge", types: { Sold: type }, id: { field: ["a"] } },
      ],
      [s3Notifications(), { form: "s3-notifications", type }],
      [cloudEvents(), { form: "cloud-events" }],
    ];
    for (const [from, form] of forms) expect(contractFrom(from).from?.form).toEqual(form);
  });

  it("G6: the operator's commands read by the deployed form what the consumer reads by the contract", () => {
    const forms: readonly [From, string][] = [
      [rawJson({ id: field("orderId"), key: field("customer", "id") }), order],
      [sns(rawJson({ id: publishId() })), notificationOf(order)],
      [sns(s3Notifications(), { raw: true }), s3Event],
      [cloudEvents(), JSON.stringify(anEnvelope({ type: Order.type }))],
      [
        eventBridge({ types: { "EC2 Instance State-change Notification": Order }, id: field("note") }),
        bodyNamed("eventbridge"),
      ],
      [
        eventBridge({ types: { "EC2 Instance State-change Notification": Order }, key: field("note") }),
        bodyNamed("eventbridge"),
      ],
    ];
    for (const [from, body] of forms) {
      const own = contractFrom(from).from;
      const told = originIn(JSON.stringify(own?.form), "imports");
      expect(told.read({ body, attributes: {} })).toEqual(own?.read({ body, attributes: {} }));
      expect(told.form).toEqual(own?.form);
    }
    expect(() => originIn('{"form":"of tomorrow"}', "imports")).toThrow("this release does not know");
  });
});

function contractFrom(from: From): Contract {
  return contract({ name: "imports", accepts: [Order], from });
}

function both(from: From) {
  const Other = messageType({ type: "legacy.return.v1", schema: z.unknown(), key: () => "key" });
  return contract({ name: "imports", accepts: [Order, Other], from });
}

function stray(): From {
  return eventBridge({ types: { Sold: { type: "legacy.sold.v1" } } });
}

function read(from: From, body: string, arrived: Partial<Arrived> = {}) {
  return contractFrom(from).from?.read({ body, attributes: {}, ...arrived });
}

function bodyNamed(name: string): string {
  return readFileSync(new URL(`bodies/${name}.body`, import.meta.url), "utf8");
}

function notificationOf(Message: string, MessageAttributes = {}): string {
  return JSON.stringify({ ...JSON.parse(bodyNamed("sns-notification")), Message, MessageAttributes });
}

interface S3Record {
  eventName: string;
  responseElements?: Record<string, string>;
  s3: {
    configurationId: string;
    bucket: object;
    object: { key: string; versionId?: string; sequencer?: string };
  };
}

function changed(change: (record: S3Record) => unknown): string {
  const body = JSON.parse(s3Event) as { Records: [S3Record] };
  change(body.Records[0]);
  return JSON.stringify(body);
}

function idAfter(change: (record: S3Record) => unknown): string | undefined {
  return read(s3Notifications(), changed(change))?.id;
}

/** What it is parked for, without the body. */
function reasonOf(work: () => unknown): string {
  try {
    work();
    return "nothing";
  } catch (error) {
    if (!(error instanceof Park)) throw error;
    expect(error.message).not.toContain("foreign");
    return error.message;
  }
}
