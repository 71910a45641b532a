import { createSecretKey } from "node:crypto";
import { aKeyStore, aSecret } from "@essentially-once/testing/a-key-ring";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { codeAfter } from "@essentially-once/testing/middleware";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { SqsMessage } from "../src/commit/delivery.ts";
import { RetryLater } from "../src/core/outcome.ts";
import { asciiJson, type Envelope, readEnvelope } from "../src/envelope/envelope.ts";
import type { Key } from "../src/trust/key-ring.ts";
import { type Signed, sign, signature, signer, verify } from "../src/trust/signature.ts";

const creditUrl = "https://sqs.eu-central-1.amazonaws.com/000000000000/credit";
let k1: Key;
let k2: Key;

beforeAll(async () => {
  const { ring } = aKeyStore(aSecret("k1", "k2"));
  [k1, k2] = [(await ring.find("k1")) as Key, (await ring.find("k2")) as Key];
});

describe("sign and verify", () => {
  it("G7: what was signed is verified, whatever the data", () => {
    fc.assert(
      fc.property(aSigned(), (signed) => {
        expect(sign(signed, k1)).toMatch(/^v1\.k1\.[\w-]{43}$/);
        expect(verify(sign(signed, k1), signed, k1)).toBe(true);
      }),
    );
  });

  it("G7: is the same in every release", () => {
    const envelope = { source: "/a", id: "b", type: "c", time: "d" };
    const key = { id: "k1", secret: createSecretKey(Buffer.alloc(32, 7)) };
    expect(sign({ body: "{}", envelope, queueName: "q" }, key)).toBe(
      "v1.k1.ejAT11h8geL87S3hhbddncZDrfp-6svOL8FiN46Cj0E",
    );
  });

  it("G7: refuses a body in which any one character is another, is missing, or is twice", () => {
    const signed = signedOf(anEnvelope({ data: { cents: 100, name: "Zoë" } }));
    const text = sign(signed, k1);
    for (let index = 0; index < signed.body.length; index++) {
      const [before, after] = [signed.body.slice(0, index), signed.body.slice(index + 1)];
      const character = signed.body.charAt(index);
      for (const altered of [flipped(character), "", character + character, "\ud800"]) {
        expect(verify(text, { ...signed, body: before + altered + after }, k1)).toBe(false);
      }
    }
  });

  it("G7: refuses a lone surrogate in place of the character it would be hashed as", () => {
    const signed = { ...signedOf(anEnvelope()), body: "\ufffd" };
    expect(verify(sign(signed, k1), signed, k1)).toBe(true);
    expect(verify(sign(signed, k1), { ...signed, body: "\ud800" }, k1)).toBe(false);
  });

  it("G7: refuses another id, source, type, time or queue for the same body", () => {
    fc.assert(
      fc.property(
        aSigned(),
        fc.constantFrom("id", "source", "type", "time", "queueName"),
        fc.string({ minLength: 1 }),
        (signed, field, other) => {
          const altered =
            field === "queueName"
              ? { ...signed, queueName: other }
              : { ...signed, envelope: { ...signed.envelope, [field]: other } };
          fc.pre(JSON.stringify(altered) !== JSON.stringify(signed));
          expect(verify(sign(signed, k1), altered, k1)).toBe(false);
        },
      ),
    );
  });

  it("G7: refuses text that moved from one field into its neighbour", () => {
    const envelope = { source: "/a", id: "bc", type: "d", time: "e" };
    const text = sign({ body: "{}", envelope, queueName: "q" }, k1);
    const moved = { ...envelope, source: "/ab", id: "c" };
    expect(verify(text, { body: "{}", envelope: moved, queueName: "q" }, k1)).toBe(false);
  });

  it("G7: refuses a signature in which any one character is another, is missing, or was added", () => {
    const signed = signedOf(anEnvelope());
    const text = sign(signed, k1);
    for (let index = 0; index < text.length; index++) {
      expect(verify(text.slice(0, index), signed, k1)).toBe(false); // truncated
      for (const other of "AQgw0_-=.") {
        if (other === text.charAt(index)) continue;
        const altered = text.slice(0, index) + other + text.slice(index + 1);
        expect(verify(altered, signed, k1)).toBe(false);
      }
    }
    for (const added of ["A", "=", " ", "\n"]) expect(verify(text + added, signed, k1)).toBe(false);
  });

  it("G7: refuses another key, also under the same id", () => {
    const signed = signedOf(anEnvelope());
    expect(verify(sign(signed, k2), signed, k1)).toBe(false);
    expect(verify(sign(signed, { ...k2, id: "k1" }), signed, k1)).toBe(false);
  });
});

describe("the signature middleware", () => {
  it("G7: lets through what a signer sent to this queue", async () => {
    expect(await codeOf(await anSqsMessage())).toBeUndefined();
  });

  it("G7: parks what was replayed to another queue", async () => {
    expect(await codeOf({ ...(await anSqsMessage()), queueName: "debit" })).toBe("SIGNATURE_INVALID");
  });

  it("G7: parks what was altered, in a way that changes no meaning, too", async () => {
    const sqsMessage = await anSqsMessage();
    expect(await codeOf({ ...sqsMessage, body: `${sqsMessage.body} ` })).toBe("SIGNATURE_INVALID");
    expect(await codeOf({ ...sqsMessage, body: sqsMessage.body.replace("key-1", "key-2") })).toBe(
      "SIGNATURE_INVALID",
    );
  });

  it.each(["", "v1", "v1.k1", "v1.k1.", "v2.k1.mac", "v1.k9.mac"])(
    "G7: parks the signature %j",
    async (text) => {
      expect(await codeOf({ ...(await anSqsMessage()), attributes: { Signature: text } })).toBe(
        "SIGNATURE_INVALID",
      );
    },
  );

  it.each([
    ["", "A".repeat(44)],
    ["x", "A".repeat(43)],
  ])("G7: parks a signature with more at either end, whatever its key: %s", async (before, mac) => {
    const attributes = { Signature: `${before}v1.stranger.${mac}` };
    expect(await codeOf({ ...(await anSqsMessage()), attributes })).toBe("SIGNATURE_INVALID");
  });

  it("G7: a key that is not in the ring may be a new one: the message waits, and is parked in the end", async () => {
    const { ring } = aKeyStore(aSecret("stranger"));
    const byNobody = { Signature: `v1.__proto__.${"A".repeat(43)}` };
    for (const sqsMessage of [
      await anSqsMessage(ring),
      { ...(await anSqsMessage()), attributes: byNobody },
    ]) {
      expect(await codeOf(sqsMessage)).toBe("KEY_UNKNOWN");
      const { lastly, retryAfterSeconds } = await errorAfter(sqsMessage);
      expect(lastly?.code).toBe("SIGNATURE_INVALID");
      expect(retryAfterSeconds).toBe(10);
      expect(await codeOf({ ...sqsMessage, receiveCount: 2 })).toBe("KEY_UNKNOWN");
      expect(await codeOf({ ...sqsMessage, receiveCount: 3 })).toBe("SIGNATURE_INVALID"); // it keeps a group waiting no longer
    }
  });

  it("G7: required parks what is not signed; accepted lets it through and parks what is signed wrongly", async () => {
    const sqsMessage = await anSqsMessage();
    const unsigned = { ...sqsMessage, attributes: {} };
    const forged = { ...sqsMessage, attributes: { Signature: `v1.k1.${"A".repeat(43)}` } };
    expect(await codeOf(unsigned, "required")).toBe("SIGNATURE_MISSING");
    expect(await codeOf(forged, "required")).toBe("SIGNATURE_INVALID");
    expect(await codeOf(unsigned, "accepted")).toBeUndefined();
    expect(await codeOf(sqsMessage, "accepted")).toBeUndefined();
    expect(await codeOf(forged, "accepted")).toBe("SIGNATURE_INVALID");
    expect(await codeOf(forged, "off")).toBeUndefined();
  });

  it("G7: required parks a message that came by no queue and so has no signature", async () => {
    const { ring } = aKeyStore(aSecret("k1"));
    expect(await codeAfter(signature({ keys: ring, policy: "required" }))).toBe("SIGNATURE_MISSING");
  });

  it("a key store that fails puts the message off and does not park it", async () => {
    const { ring } = aKeyStore(new Error("no network"));
    const sqsMessage = await anSqsMessage();
    const middleware = signature({ keys: ring, policy: "required" });
    expect(await codeAfter(middleware, { message: readEnvelope(sqsMessage.body), sqsMessage })).toBe(
      "KEYS_UNAVAILABLE",
    );
  });

  it("G7: a rotation rejects no message signed before it: both keys verify while the new one signs", async () => {
    const store = aKeyStore(aSecret("k1"));
    const before = await anSqsMessage(store.ring);
    const rotated = aKeyStore(aSecret("k1", "k2")).ring;
    const after = await anSqsMessage(rotated);
    expect([before, after].map(({ attributes }) => attributes.Signature?.slice(0, 6))).toEqual([
      "v1.k1.",
      "v1.k2.",
    ]);
    expect(await codeOf(before, "required", rotated)).toBeUndefined();
    expect(await codeOf(after, "required", rotated)).toBeUndefined();
    const withdrawn = aKeyStore(aSecret("k2")).ring;
    expect(await codeOf(before, "required", withdrawn)).toBe("KEY_UNKNOWN");
  });

  it("refuses another policy, naming those there are", () => {
    const { ring } = aKeyStore(aSecret("k1"));
    expect(() => signature({ keys: ring, policy: "maybe" as "off" })).toThrow(
      'policy must be one of required, accepted, off, got "maybe"',
    );
  });
});

/** A message as it arrives at the queue `credit`, signed by the ring. */
async function anSqsMessage(keys = aKeyStore(aSecret("k1", "k2")).ring): Promise<SqsMessage> {
  const envelope = anEnvelope();
  const body = asciiJson(envelope);
  const attributes = await signer({ keys })({ body, envelope }, creditUrl);
  return { body, attributes, queueName: "credit", receiveCount: 1 };
}

async function codeOf(
  sqsMessage: SqsMessage,
  policy: "required" | "accepted" | "off" = "required",
  keys = aKeyStore(aSecret("k1", "k2")).ring,
): Promise<string | undefined> {
  return codeAfter(signature({ keys, policy }), { message: readEnvelope(sqsMessage.body), sqsMessage });
}

function aSigned(): fc.Arbitrary<Signed> {
  const text = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" });
  const envelope = fc.record({ id: text, source: text, type: text, data: fc.jsonValue() });
  return fc
    .tuple(envelope, text)
    .map(([fields, queueName]) => ({ ...signedOf(anEnvelope(fields)), queueName }));
}

function signedOf(envelope: Envelope): Signed {
  const { id, source, type, time } = envelope;
  return { body: asciiJson(envelope), envelope: { id, source, type, time }, queueName: "credit" };
}

/** What the middleware throws. */
async function errorAfter(sqsMessage: SqsMessage): Promise<RetryLater> {
  const { before } = signature({ keys: aKeyStore(aSecret("k1", "k2")).ring });
  const event = { message: readEnvelope(sqsMessage.body), sqsMessage };
  const error = await Promise.resolve(before?.({ event } as Parameters<typeof before>[0])).catch((e) => e);
  expect(error).toBeInstanceOf(RetryLater);
  return error;
}

function flipped(character: string): string {
  return String.fromCharCode(character.charCodeAt(0) ^ 1);
}
