import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { anSqsRecord } from "@essentially-once/testing/lambda";
import { codeAfter } from "@essentially-once/testing/middleware";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { receive } from "../src/commit/received.ts";
import { Park } from "../src/core/outcome.ts";
import { asciiJson, readEnvelope, readKept } from "../src/envelope/envelope.ts";
import { ageGate } from "../src/trust/age-gate.ts";

describe("readEnvelope", () => {
  /** The same in each run: a title that changes is not found again by a run that chooses its tests by title. */
  const valid = anEnvelope({ id: "a", correlationid: "a", time: "2026-01-01T00:00:00.000Z" });

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
    ['"text"', "a CloudEvents envelope is a JSON object"],
    [JSON.stringify({ specversion: "0.3" }), 'specversion must be "1.0"'],
    [JSON.stringify({ ...valid, id: undefined }), "id is required"],
    [JSON.stringify({ ...valid, id: "" }), "id must be a string of 1 to 512 characters"],
    [JSON.stringify({ ...valid, source: 7 }), "source must be a string of 1 to 512 characters"],
    [JSON.stringify({ ...valid, type: "x".repeat(513) }), "type must be a string of 1 to 512 characters"],
    [JSON.stringify({ ...valid, hops: -1 }), "hops must be a whole number from 0 to 2147483647"],
    [JSON.stringify({ ...valid, hops: 1.5 }), "hops must be a whole number from 0 to 2147483647"],
    [JSON.stringify({ ...valid, hops: "1" }), "hops must be a whole number from 0 to 2147483647"],
    [JSON.stringify({ ...valid, hops: 2_147_483_648 }), "hops must be a whole number from 0 to 2147483647"],
    [JSON.stringify({ ...valid, id: null }), "id is required"],
    [JSON.stringify({ ...valid, ID: "a", id: undefined }), "id is required"],
    [
      JSON.stringify({ ...valid, source: "a shop" }),
      "source must be a URI reference: no spaces, and %-escapes beyond ASCII",
    ],
    ...["0", "-1", "1.5", "first", "9007199254740992"].map((sequence): [string, string] => [
      JSON.stringify({ ...valid, sequence }),
      "sequence must be the digits of a whole number from 1 to 9007199254740991",
    ]),
    [JSON.stringify({ ...valid, sequence: 7 }), "sequence must be a string of 1 to 512 characters"],
  ])("G6: parks %s as ENVELOPE_INVALID: %s", (body, detail) => {
    expect(parkOf(body)).toMatchObject({ code: "ENVELOPE_INVALID", detail });
  });

  it("takes what is at its bounds, and every attribute", () => {
    const full = {
      ...valid,
      id: "i".repeat(512),
      sequence: "0000000000000007",
      causationid: "c",
      traceparent: "t",
      hops: 2_147_483_647,
    };
    expect(readEnvelope(JSON.stringify(full))).toEqual(full);
    expect(readEnvelope(JSON.stringify({ ...full, sequence: "7" }))).toEqual(full);
  });

  it("takes a foreign CloudEvent that has none of our extensions", () => {
    const { specversion, id, source, type, time, data } = anEnvelope();
    const envelope = readEnvelope(JSON.stringify({ specversion, id, source, type, time, data }));
    expect(envelope).toMatchObject({ id, correlationid: id, partitionkey: id, hops: 0 });
  });
});

describe("the rules of CloudEvents", () => {
  const required = { specversion: "1.0", id: "1", source: "/shop", type: "paid" };
  const optional = [
    "time subject dataschema datacontenttype data_base64 dataref partitionkey sequence correlationid causationid",
    "traceparent hops unknownextension",
  ].flatMap((names) => names.split(" "));

  it.each(optional)("a null %s is one that is not there", (name) => {
    const [read, expected] = [
      { ...required, data: {}, [name]: null },
      { ...required, data: {} },
    ].map((event) => readEnvelope(JSON.stringify(event)));
    expect(read).toEqual(expected);
  });

  it("null data beside a reference are not there; without one they are data", () => {
    const dataref = "s3://bucket/claims/1";
    const { data, ...read } = readEnvelope(JSON.stringify({ ...required, data: null, dataref }));
    expect([data, read.dataref]).toEqual([undefined, dataref]);
    expect(readEnvelope(JSON.stringify({ ...required, data: null })).data).toBeNull();
    expect(readEnvelope(JSON.stringify({ ...required, data: 0, dataref }))).toMatchObject({ data: 0 });
    expect(readEnvelope(JSON.stringify({ ...required, data: 0, dataref }))).not.toHaveProperty("dataref");
  });

  it.each([
    "application/json",
    "application/json; charset=utf-8",
    "application/json; kept-by=nobody\ud800",
    "text/json",
    "application/vnd.shop+json",
    "A/JSON",
  ])("takes data of the type %s", (datacontenttype) => {
    const body = JSON.stringify({ ...required, datacontenttype, data: { a: 1 } });
    expect(readEnvelope(body)).toMatchObject({ datacontenttype: "application/json", data: { a: 1 } });
  });

  it.each([
    [{ datacontenttype: "text/plain", data: "a secret" }, "datacontenttype must be application/json"],
    [
      { datacontenttype: "application/json-seq", data: "a secret" },
      "datacontenttype must be application/json",
    ],
    [{ datacontenttype: 7, data: 1 }, "datacontenttype must be application/json"],
    [{ data_base64: "YSBzZWNyZXQ=" }, "data_base64 is not supported"],
  ])("G6: parks %j as DATA_NOT_JSON", (fields, detail) => {
    const park = parkOf(JSON.stringify({ ...required, ...fields }));
    expect(park.code).toBe("DATA_NOT_JSON");
    expect(park.detail).toContain(detail);
    expect(park.detail).not.toContain("secret");
  });

  it.each(["/a", "urn:uuid:1", "https://a.example/b?c=d#e", "mailto:a@example.org", "#1", "/caf%C3%A9"])(
    "takes the source %s",
    (source) => {
      expect(readEnvelope(JSON.stringify({ ...required, source })).source).toBe(source);
    },
  );

  it.each(["/café", "a b", "/100%", "/a\n", "<a>"])("G6: parks the source %j", (source) => {
    expect(parkOf(JSON.stringify({ ...required, source }))).toMatchObject({ code: "ENVELOPE_INVALID" });
  });

  it.each(["yesterday", "2026-02-30T00:00:00Z", "2026-01-01 00:00:00"])("G7: parks the time %s", (time) => {
    expect(parkOf(JSON.stringify({ ...required, time })).code).toBe("TIME_INVALID");
  });

  it("G7: a message without a time is as old as its sending; of an unknown sending it is too old for every gate", async () => {
    const body = JSON.stringify(required);
    const sentMs = Date.parse("2026-05-01T00:00:00Z");
    expect(readEnvelope(body, { sentMs }).time).toBe("2026-05-01T00:00:00.000Z");
    const record = anSqsRecord(body);
    record.attributes.SentTimestamp = String(sentMs);
    expect(receive(record).envelope).toMatchObject({ time: "2026-05-01T00:00:00.000Z" });
    for (const unknown of [{}, { sentMs: Number.NaN }]) {
      const message = readEnvelope(body, unknown);
      expect(await codeAfter(ageGate(), { message })).toBe("TOO_OLD");
    }
  });

  it("what a release that checked less had kept is read", () => {
    const body = `{"specversion":"1.0","id":"1","source":"a shop","type":"paid","time":"then","data":9007199254740993}`;
    expect(readKept(body)).toMatchObject({ source: "a shop", time: "then", data: 9007199254740992 });
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
