import type { SQSMessageAttributes } from "aws-lambda";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Attributes,
  attributesBytes,
  cameWith,
  deadLetterAttributes,
  folded,
  originalAttributes,
  type ParkAttributes,
  parkAttributeNames,
  parkOf,
  traceName,
  unfolded,
} from "../src/receive/park-attributes.ts";

const park = Object.fromEntries(
  [...parkAttributeNames, traceName].map((name) => [
    name,
    { DataType: "String", StringValue: `${name} of the park` },
  ]),
) as ParkAttributes;

describe("the attributes of a dead letter", () => {
  it("G6, G7: are ours and, beside them, the few that the message came with", () => {
    const parked = parkedWith(received({ Signature: "v1.k1.mac", tenant: "blue" }));
    expect(texts(parked)).toMatchObject({
      Signature: "v1.k1.mac",
      tenant: "blue",
      ReasonCode: "ReasonCode of the park",
    });
    expect(Object.keys(parked)).toHaveLength(10);
  });

  it("are ten with the signature and the trace; the trace gives way to what else it came with", () => {
    const signed = parkedWith(received({ Signature: "v1.k1.mac" }));
    expect(Object.keys(signed)).toHaveLength(10);
    expect(texts(signed)).toMatchObject({ Signature: "v1.k1.mac", TraceContext: "TraceContext of the park" });
    expect(texts(originalAttributes(signed))).toEqual({ Signature: "v1.k1.mac" });
    const more = parkedWith(received({ Signature: "v1.k1.mac", tenant: "blue" }));
    expect(more).not.toHaveProperty("TraceContext");
  });

  it("G6, G7: are ten when the message came with ten; the signature is not folded", () => {
    const ten = {
      Signature: "v1.k1.mac",
      ...Object.fromEntries([..."abcdefghi"].map((name) => [name, "ü"])),
    };
    const parked = parkedWith(received(ten));
    expect(Object.keys(parked)).toHaveLength(10);
    expect(texts(parked)).toMatchObject({ Signature: "v1.k1.mac", ReasonCode: "ReasonCode of the park" });
    expect(parked.OriginalAttributes?.StringValue).toMatch(/^[\x20-\x7e]*$/);
    expect(texts(originalAttributes(parked))).toEqual(ten);
  });

  it("G2: an id that is not in the body is not folded: a redrive by other means brings it back", () => {
    const ten = { EssentiallyOnceId: "d-1", Signature: "of another program", tenant: "blue", shop: "a" };
    const others = { hasGivenIds: true };
    const parked = parkedWith(received(ten), others);
    expect(Object.keys(parked)).toHaveLength(10);
    expect(texts(parked)).toMatchObject({ EssentiallyOnceId: "d-1" });
    expect(texts(originalAttributes(parked))).toEqual(ten);
    const again = parkedWith(asReceived(parked), others); // the console sent it back with all of them
    expect(texts(again)).toMatchObject({ EssentiallyOnceId: "d-1" });
    expect(texts(originalAttributes(again))).toEqual(ten);
  });

  it("G7: of the relay's messages the signature is kept, whatever is beside it", () => {
    const parked = parkedWith(received({ EssentiallyOnceId: "d-1", Signature: "v1.k1.mac", tenant: "blue" }));
    expect(texts(parked)).toMatchObject({ Signature: "v1.k1.mac" });
    expect(parked).not.toHaveProperty("EssentiallyOnceId");
  });

  it("G6: any attributes come back, of every type, however often the message was parked", () => {
    fc.assert(
      fc.property(someAttributes(), fc.integer({ min: 1, max: 3 }), (attributes, times) => {
        let parked: Attributes = asSent(attributes);
        for (let n = 0; n < times; n++) parked = parkedWith(asReceived(parked));
        expect(Object.keys(parked).length).toBeLessThanOrEqual(10);
        for (const name of parkAttributeNames) expect(parked[name]).toEqual(park[name]);
        expect(originalAttributes(parked)).toEqual(asSent(attributes));
      }),
    );
  });

  it("a message that a console sent back with the reasons of its park on gets new ones", () => {
    const first = { ...textsOf(park), ReasonCode: "of the first park", Signature: "s" };
    const again = parkedWith(received(first));
    expect(texts(again)).toMatchObject({ ReasonCode: "ReasonCode of the park", Signature: "s" });
    expect(Object.keys(originalAttributes(again))).toEqual(["Signature"]);
  });

  it("G6: attributes of a sender that have names of ours come back as they were, and are never taken for ours", () => {
    const sent = { ReasonCode: "INNOCENT", OriginalAttributes: '[["x","String",""]]', Signature: "s" };
    const parked = parkedWith(received(sent));
    expect(texts(parked)).toMatchObject({ ReasonCode: "ReasonCode of the park", Signature: "s" });
    expect(texts(originalAttributes(parked))).toEqual(sent);
    const few = { Consumer: "a sender's", tenant: "blue" };
    expect(texts(originalAttributes(parkedWith(received(few))))).toEqual(few);
    const without = { tenant: { dataType: "String", stringValue: "blue", binaryValue: null } };
    expect(texts(parkedWith(without as never))).toMatchObject({ tenant: "blue" });
  });

  it("S9: what a sender made to look folded is passed on as it came, and unfolded only when SQS would take it", () => {
    for (const entry of [
      ["AWS.x", "String", "1"],
      ["amazon.x", "String", "1"],
      ["ab..c", "String", "1"],
      [".a", "String", "1"],
      ["a.", "String", "1"],
      ["a b", "String", "1"],
      ["a".repeat(257), "String", "1"],
      ["a", "aString", "1"],
      ["a", "Strings", "1"],
      ["a", "String.", "1"],
      ["a", `String.${"x".repeat(250)}`, "1"],
      ["a", "Binary", "?"],
      ["a", "Binary", "?YQ=="],
      ["a", "Binary", "YQ==="],
      ["a", "Binary", ""],
      ["a", "Number", "a1"],
      ["a", "Number", "1a"],
      ["a", "Number", "1e"],
      ["a", "Number", "1.2.3"],
      [1, "String", "1"],
      ["a", 1, "1"],
      ["a", "String", 1],
      ["a", "String", "1", "2"],
      ["a", "String"],
      null,
      ["a", "Text", "1"],
      ["a", "Number", "one"],
      ["a", "String", ""],
      ["a", "String", "\u0000"],
      ["a", "String", "\u0000 at the beginning"],
      ["a", "String", "at the end \ufffe"],
    ]) {
      const OriginalAttributes = JSON.stringify([entry]);
      const parked = parkedWith(received({ ...textsOf(park), OriginalAttributes }));
      expect(parked.OriginalAttributes?.StringValue).toBe(OriginalAttributes);
      expect(originalAttributes(parked)).toEqual({});
      const beside = JSON.stringify([["b", "String", "1"], entry]);
      expect(unfolded({ DataType: "String", StringValue: beside })).toEqual({});
    }
  });

  it("G6: what is folded comes back with any name, type and value that SQS takes, ten at most", () => {
    const entries = [
      ["a-b_c.d", "String", "\t\u{1f600}"],
      ["xaws.y", "String", "1"],
      ["a".repeat(256), `String.${"x".repeat(249)}`, "1"],
      ["negative", "Number", "-1.25e+10"],
      ["positive", "Number.int", "+1E-5"],
      ["long", "Number", "12.345"],
      ["large", "Number", "1e100"],
      ["picture", "Binary.png", "YWI="],
      ["b", "Binary", "YQ=="],
      ["c", "String", "1"],
    ];
    const text = (list: unknown) => ({ DataType: "String", StringValue: JSON.stringify(list) });
    const { picture, b, ...others } = unfolded(text(entries));
    expect([picture, b]).toEqual([
      { DataType: "Binary.png", BinaryValue: Buffer.from("ab") },
      { DataType: "Binary", BinaryValue: Buffer.from("a") },
    ]);
    const strings = entries.filter(([, type]) => !type?.startsWith("Binary"));
    expect(others).toEqual(
      Object.fromEntries(strings.map(([name, DataType, StringValue]) => [name, { DataType, StringValue }])),
    );
    expect(unfolded(text([...entries, ["d", "String", "1"]]))).toEqual({});
    expect(folded(others).DataType).toBe("String");
  });

  it("G6: leave out what does not fit, in their order; the detail is cut before, and uses up the room", () => {
    const long = { ...park, ReasonDetail: { DataType: "String", StringValue: "d".repeat(500) } };
    const given = received({ Signature: "v1.k1.mac" });
    const at = (room: number) => {
      const parked = deadLetterAttributes(long, given, { bodyBytes: 1_048_576 - room });
      const { ReasonDetail: detail, ...others } = parked ?? {};
      return [Object.keys(others).length, detail?.StringValue?.length ?? 0, attributesBytes(parked ?? {})];
    };
    /** By the room in bytes: how many attributes beside the detail, the length of the detail, and the bytes of all. */
    const expected: Readonly<Record<number, readonly [number, number, number]>> = {
      61: [0, 0, 0],
      62: [2, 0, 62],
      80: [2, 0, 62],
      81: [2, 1, 81],
      191: [2, 111, 191],
      192: [3, 60, 192],
      225: [3, 93, 225],
      226: [4, 60, 226],
      437: [8, 101, 437],
      438: [9, 60, 438],
      877: [9, 499, 877],
      900: [9, 500, 878],
    };
    for (const [room, all] of Object.entries(expected)) expect(at(Number(room)), room).toEqual(all);
  });

  it.each([0, 40, 300, 700])(
    "G6: have as many bytes as %i that the body leaves, and the code before all else",
    (room) => {
      const original = received({ Signature: "v1.k1.mac" });
      const bodyBytes = 1_048_576 - room - 24;
      const parked = deadLetterAttributes(park, original, { bodyBytes });
      if (room === 0) return expect(parked).toBeUndefined();
      expect(attributesBytes(parked ?? {})).toBeLessThanOrEqual(room + 24);
      expect(texts(parked ?? {})).toMatchObject({
        ReasonCode: "ReasonCode of the park",
        Signature: "v1.k1.mac",
      });
      return expect(Object.keys(parked ?? {}).length).toBeGreaterThan(room > 600 ? 5 : 1);
    },
  );

  it("G6: are the kit's word only in what the kit parked: what SQS moved has its sender's", () => {
    const MessageAttributes = parkedWith(received({ Signature: "s" }));
    expect(parkOf({ MessageAttributes }).ReasonCode).toBe("ReasonCode of the park");
    expect(Object.keys(cameWith({ MessageAttributes }))).toEqual(["Signature"]);
    const ReasonCode = { DataType: "String", StringValue: "CODE" };
    expect(parkOf({ MessageAttributes: { ReasonCode } })).toEqual({ ReasonCode: "CODE" });
    const moved = { MessageAttributes, Attributes: { DeadLetterQueueSourceArn: "arn:aws:sqs:::a" } };
    expect(parkOf(moved)).toEqual({});
    expect(cameWith(moved)).toEqual(MessageAttributes);
    const sent = { MessageAttributes: { Consumer: { DataType: "String", StringValue: "a sender's" } } };
    expect([parkOf(sent), parkOf({})]).toEqual([{}, {}]);
    expect(cameWith(sent)).toEqual(sent.MessageAttributes);
  });

  it.each([
    "not json",
    "{}",
    '[["a"]]',
    "[[1,2,3]]",
    "null",
    '[["a",["String"],"1"]]',
    '[["a","Number.int","one"]]',
    '[["a","Binary.png","%"]]',
  ])("S9: an attribute of an unknown sender that looks folded and is not (%s) does no harm", (text) => {
    expect(originalAttributes({ OriginalAttributes: { DataType: "String", StringValue: text } })).toEqual({});
  });
});

function parkedWith(beside: SQSMessageAttributes, options: { hasGivenIds?: boolean } = {}): Attributes {
  const attributes = deadLetterAttributes(park, beside, options);
  if (attributes === undefined) throw new Error("must fit");
  return attributes;
}

function textsOf(attributes: Attributes): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { StringValue = "" }]) => [name, StringValue]),
  );
}

function received(attributes: Readonly<Record<string, string>>): SQSMessageAttributes {
  return asReceived(
    Object.fromEntries(
      Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
    ),
  );
}

/** As Lambda gives them to a handler. */
function asReceived(attributes: Attributes): SQSMessageAttributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType = "", StringValue, BinaryValue }]) => [
      name,
      {
        stringListValues: [],
        binaryListValues: [],
        dataType: DataType,
        ...(StringValue !== undefined && { stringValue: StringValue }),
        ...(BinaryValue !== undefined && { binaryValue: Buffer.from(BinaryValue).toString("base64") }),
      },
    ]),
  ) as SQSMessageAttributes;
}

interface Given {
  readonly name: string;
  readonly type: "String" | "Number" | "Binary" | "String.custom";
  readonly text: string;
}

function someAttributes(): fc.Arbitrary<Given[]> {
  const given = fc.record({
    name: fc.oneof(fc.constant("Signature"), fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/)),
    type: fc.constantFrom("String" as const, "Number" as const, "Binary" as const, "String.custom" as const),
    text: fc
      .string({ minLength: 1, unit: "grapheme" })
      .filter((text) => !/[^\t\n\r\u0020-\ufffd\u{10000}-\u{10ffff}]/u.test(text)),
  });
  return fc.uniqueArray(given, { maxLength: 10, selector: ({ name }) => name });
}

function asSent(attributes: readonly Given[]): Attributes {
  return Object.fromEntries(
    attributes.map(({ name, type, text }) => [
      name,
      type === "Binary"
        ? { DataType: type, BinaryValue: Buffer.from(text) }
        : { DataType: type, StringValue: type === "Number" ? String(text.length) : text },
    ]),
  );
}

function texts(attributes: Attributes): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(attributes).map(([name, { StringValue }]) => [name, StringValue]));
}
