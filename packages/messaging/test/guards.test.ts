import { aKeyStore, aSecret } from "@essentially-once/testing/a-key-ring";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { codeAfter } from "@essentially-once/testing/middleware";
import { expect, it } from "vitest";
import type { SqsMessage } from "../src/commit/delivery.ts";
import { asciiJson, type Envelope } from "../src/envelope/envelope.ts";
import { dedupWindowDays } from "../src/envelope/message-life.ts";
import { guards } from "../src/trust/guards.ts";
import { signer } from "../src/trust/signature.ts";

const keys = aKeyStore(aSecret("k1")).ring;
const old = new Date(Date.now() - (dedupWindowDays + 1) * 86_400_000).toISOString();

it.each<[string, string | undefined, Partial<Envelope>, boolean]>([
  ["lets through a message that is signed, recent and within the hop limit", undefined, {}, true],
  ["G7: parks a message that is not signed", "SIGNATURE_MISSING", {}, false],
  ["G7: parks a message that is too old", "TOO_OLD", { time: old }, true],
  ["G11: parks a message past the hop limit", "TOO_MANY_HOPS", { hops: 1_000 }, true],
  ["G7: checks the signature before all else", "SIGNATURE_MISSING", { time: old, hops: 1_000 }, false],
])("%s", async (_what, code, changes, isSigned) => {
  expect(await codeOf(anEnvelope(changes), isSigned)).toBe(code);
});

it("each guard takes its own options", async () => {
  const message = anEnvelope({ hops: 3 });
  expect(await codeOf(message, true, { hopLimit: { hopsMax: 2 } })).toBe("TOO_MANY_HOPS");
  expect(await codeOf(message, false, { signature: { keys, policy: "accepted" } })).toBeUndefined();
});

/** The code of the first guard that rejects the message. */
async function codeOf(
  message: Envelope,
  isSigned: boolean,
  options: Parameters<typeof guards>[0] = {},
): Promise<string | undefined> {
  const body = asciiJson(message);
  const attributes = isSigned
    ? await signer({ keys })({ body, envelope: message }, "http://queues/credit")
    : {};
  const sqsMessage: SqsMessage = { body, attributes, queueName: "credit", receiveCount: 1 };
  for (const guard of guards({ signature: { keys }, ...options })) {
    const code = await codeAfter(guard, { message, sqsMessage });
    if (code !== undefined) return code;
  }
  return undefined;
}
