import type { SQSMessageAttributes } from "aws-lambda";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Attributes,
  deadLetterAttributes,
  originalAttributes,
  type ParkAttributes,
  parkAttributeNames,
  traceName,
} from "../../../functions/messaging/park-attributes.ts";

const park = Object.fromEntries(
  [...parkAttributeNames, traceName].map((name) => [
    name,
    { DataType: "String", StringValue: `${name} of the park` },
  ]),
) as ParkAttributes;

describe("the attributes of a dead letter", () => {
  it("G6, G7: are ours and, beside them, the few that the message came with", () => {
    const parked = deadLetterAttributes(park, received({ Signature: "v1.k1.mac", tenant: "blue" }));
    expect(texts(parked)).toMatchObject({
      Signature: "v1.k1.mac",
      tenant: "blue",
      ReasonCode: "ReasonCode of the park",
    });
    expect(Object.keys(parked)).toHaveLength(10);
  });

  it("are ten with the signature and the trace; the trace gives way to what else it came with", () => {
    const signed = deadLetterAttributes(park, received({ Signature: "v1.k1.mac" }));
    expect(Object.keys(signed)).toHaveLength(10);
    expect(texts(signed)).toMatchObject({ Signature: "v1.k1.mac", TraceContext: "TraceContext of the park" });
    expect(texts(originalAttributes(signed))).toEqual({ Signature: "v1.k1.mac" });
    const more = deadLetterAttributes(park, received({ Signature: "v1.k1.mac", tenant: "blue" }));
    expect(more).not.toHaveProperty("TraceContext");
  });

  it("G6, G7: are ten when the message came with ten; the signature is not folded", () => {
    const ten = {
      Signature: "v1.k1.mac",
      ...Object.fromEntries([..."abcdefghi"].map((name) => [name, "ü"])),
    };
    const parked = deadLetterAttributes(park, received(ten));
    expect(Object.keys(parked)).toHaveLength(10);
    expect(texts(parked)).toMatchObject({ Signature: "v1.k1.mac", ReasonCode: "ReasonCode of the park" });
    expect(parked.OriginalAttributes?.StringValue).toMatch(/^[\x20-\x7e]*$/);
    expect(texts(originalAttributes(parked))).toEqual(ten);
  });

  it("G6: any attributes come back, of every type, however often the message was parked", () => {
    fc.assert(
      fc.property(someAttributes(), fc.integer({ min: 1, max: 3 }), (attributes, times) => {
        let parked: Attributes = asSent(attributes);
        for (let n = 0; n < times; n++) parked = deadLetterAttributes(park, asReceived(parked));
        expect(Object.keys(parked).length).toBeLessThanOrEqual(10);
        for (const name of parkAttributeNames) expect(parked[name]).toEqual(park[name]);
        expect(originalAttributes(parked)).toEqual(asSent(attributes));
      }),
    );
  });

  it("a message that a console sent back with the reasons of its park on gets new ones", () => {
    const again = deadLetterAttributes(park, received({ ReasonCode: "of the first park", Signature: "s" }));
    expect(texts(again)).toMatchObject({ ReasonCode: "ReasonCode of the park", Signature: "s" });
    expect(Object.keys(originalAttributes(again))).toEqual(["Signature"]);
  });

  it.each(["not json", "{}", '[["a"]]', "[[1,2,3]]", "null"])(
    "S9: an attribute of a stranger that looks folded and is not (%s) does no harm",
    (text) => {
      expect(originalAttributes({ OriginalAttributes: { DataType: "String", StringValue: text } })).toEqual(
        {},
      );
    },
  );
});

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
    name: fc.oneof(fc.constant("Signature"), fc.stringMatching(/^[a-z][a-z0-9_.-]{0,20}$/)),
    type: fc.constantFrom("String" as const, "Number" as const, "Binary" as const, "String.custom" as const),
    text: fc.string({ minLength: 1, unit: "grapheme" }),
  });
  return fc.uniqueArray(given, { maxLength: 10, selector: ({ name }) => name });
}

function asSent(attributes: readonly Given[]): Attributes {
  return Object.fromEntries(
    attributes.map(({ name, type, text }) => [
      name,
      type === "Binary"
        ? { DataType: type, BinaryValue: Buffer.from(text) }
        : { DataType: type, StringValue: text },
    ]),
  );
}

function texts(attributes: Attributes): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(attributes).map(([name, { StringValue }]) => [name, StringValue]));
}
