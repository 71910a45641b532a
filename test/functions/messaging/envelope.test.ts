import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asciiJson, readEnvelope } from "../../../functions/messaging/envelope.ts";
import { Park } from "../../../functions/messaging/outcome.ts";
import { anEnvelope } from "../../support/an-envelope.ts";

describe("readEnvelope", () => {
  it("reads back what asciiJson wrote, whatever the data", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.string({ minLength: 1, maxLength: 80, unit: "grapheme" }),
        (data, id) => {
          fc.pre(!/__proto__|constructor|prototype/.test(JSON.stringify(data))); // KEY_FORBIDDEN: caps.test.ts
          const envelope = anEnvelope({ id, data: JSON.parse(JSON.stringify(data)) });
          expect(readEnvelope(asciiJson(envelope))).toEqual(envelope);
        },
      ),
    );
  });

  it("G6: parks a body that is not JSON as NOT_JSON and does not quote it", () => {
    const park = parkOf("a secret {");
    expect(park.code).toBe("NOT_JSON");
    expect(park.message).not.toContain("secret");
  });

  it.each([
    ["null", "a CloudEvents envelope is a JSON object"],
    ["[]", "a CloudEvents envelope is a JSON object"],
    [JSON.stringify({ specversion: "0.3" }), 'specversion must be "1.0"'],
    [JSON.stringify({ ...anEnvelope(), id: undefined }), "id is required"],
    [JSON.stringify({ ...anEnvelope(), id: "" }), "id must be a text of 1 to 512 characters"],
    [JSON.stringify({ ...anEnvelope(), source: 7 }), "source must be a text of 1 to 512 characters"],
    [
      JSON.stringify({ ...anEnvelope(), type: "x".repeat(513) }),
      "type must be a text of 1 to 512 characters",
    ],
    [JSON.stringify({ ...anEnvelope(), hops: -1 }), "hops must be a whole number from 0"],
    ...["0", "-1", "1.5", "first", "9007199254740992"].map((sequence): [string, string] => [
      JSON.stringify({ ...anEnvelope(), sequence }),
      "sequence must be the digits of a whole number from 1 to 9007199254740991",
    ]),
    [JSON.stringify({ ...anEnvelope(), sequence: 7 }), "sequence must be a text of 1 to 512 characters"],
  ])("G6: parks %s as ENVELOPE_INVALID: %s", (body, detail) => {
    expect(parkOf(body)).toMatchObject({ code: "ENVELOPE_INVALID", detail });
  });

  it("takes a foreign CloudEvent that has none of our extensions", () => {
    const { specversion, id, source, type, time, data } = anEnvelope();
    const envelope = readEnvelope(JSON.stringify({ specversion, id, source, type, time, data }));
    expect(envelope).toMatchObject({ id, correlationid: id, partitionkey: id, hops: 0 });
  });
});

describe("asciiJson", () => {
  it("Q9: leaves no character that SQS could replace", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const json = asciiJson({ text });
        expect(json).toMatch(/^[\x20-\x7e]*$/);
        expect(JSON.parse(json)).toEqual({ text });
      }),
    );
  });
});

function parkOf(body: string): Park {
  try {
    readEnvelope(body);
  } catch (error) {
    if (error instanceof Park) return error;
  }
  throw new Error(`expected a Park for ${body}`);
}
