import type { SendMessageCommandInput } from "@aws-sdk/client-sqs";
import { aKeyStore, aSecret } from "@essentially-once/testing/a-key-ring";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { codeAfter } from "@essentially-once/testing/middleware";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { sqsOnce } from "../src/aws/sqs-client.ts";
import { readEnvelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { aboutMessage } from "../src/observe/scope.ts";
import { sendOnce } from "../src/publish/send-once.ts";
import { signature, signer } from "../src/trust/signature.ts";

const Seen = messageType({
  type: "tests.seen.v1",
  schema: z.strictObject({ what: z.string() }),
  key: (seen) => seen.what,
});

let world: World;
let faults: Faults | undefined;

beforeAll(async () => {
  world = await aWorld();
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
  vi.restoreAllMocks();
});
afterAll(() => world.stop());

describe("a sender that tries once", () => {
  it("sends an envelope that a consumer reads, the first of its flow", async () => {
    await sendOnce(queueUrl(), Seen.from({ what: "Zoë" }), { producer: "show" });
    const [sqsMessage] = await world.drain(queueUrl());
    const message = readEnvelope(sqsMessage?.body ?? "");
    expect(message).toMatchObject({ source: "/show", type: Seen.type, data: { what: "Zoë" }, hops: 0 });
    expect(message).toMatchObject({ partitionkey: "Zoë", correlationid: message.id });
    expect(sqsMessage?.body).not.toContain("ë");
  });

  it.each([
    ["sampled", "1", "01"],
    ["not sampled", "0", "00"],
  ])(
    "goes on with the trace of the message that its sender works on, else of its invocation: %s",
    async (_, sampled, flags) => {
      vi.stubEnv(
        "_X_AMZN_TRACE_ID",
        `Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=${sampled}`,
      );
      const cause = anEnvelope({
        traceparent: `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`,
      });
      const inputs: SendMessageCommandInput[] = [];
      sqsOnce().middlewareStack.add(
        (next) => (args) => {
          inputs.push(args.input as SendMessageCommandInput);
          return next(args);
        },
        { name: "inputs", step: "initialize" },
      );
      const send = () => sendOnce(queueUrl(), Seen.from({ what: "traced" }), { producer: "show" });
      await aboutMessage(cause, send);
      await send();
      vi.unstubAllEnvs();
      await send();
      sqsOnce().middlewareStack.remove("inputs");
      const [caused, invoked, first] = inputs.map(
        ({ MessageBody = "" }) => readEnvelope(MessageBody).traceparent,
      );
      expect(caused).toMatch(new RegExp(`^00-0af7651916cd43dd8448eb211c80319c-[\\da-f]{16}-${flags}$`));
      expect(invoked).toBe(`00-67891233abcdef012345678912345678-53995c3f42cd8ad8-${flags}`);
      expect(first).toBeUndefined();
      const headers = inputs.map(
        ({ MessageSystemAttributes: beside }) => beside?.AWSTraceHeader?.StringValue?.split(";")[0],
      );
      const roots = ["Root=1-0af76519-16cd43dd8448eb211c80319c", "Root=1-67891233-abcdef012345678912345678"];
      expect(headers).toEqual(sampled === "1" ? [...roots, undefined] : [undefined, undefined, undefined]);
      await world.drain(queueUrl());
    },
  );

  it("sends with the client that it is given", async () => {
    faults = injectFaults(sqsOnce(), { command: "SendMessageCommand", moment: "before" });
    const client = world.clients.sqs;
    await sendOnce(queueUrl(), Seen.from({ what: "else" }), { producer: "show", client });
    expect(await world.drain(queueUrl())).toHaveLength(1);
    expect(faults.attempts).toEqual([]);
  });

  it("G7: signs for a queue whose consumer asks for it", async () => {
    const keys = aKeyStore(aSecret("k1")).ring;
    const sign = signer({ keys });
    await sendOnce(queueUrl(), Seen.from({ what: "signed" }), { producer: "show", sign });
    const [{ body = "", attributes = {} } = {}] = await world.drain(queueUrl());
    const sqsMessage = { body, attributes, queueName: queueUrl().split("/").at(-1) ?? "", receiveCount: 1 };
    expect(await codeAfter(signature({ keys }), { message: readEnvelope(body), sqsMessage })).toBeUndefined();
  });

  it("G9: a message that cannot be signed is lost, and not sent without", async () => {
    const lines = listen();
    const sign = signer({ keys: aKeyStore(new Error("no network")).ring });
    await sendOnce(queueUrl(), Seen.from({ what: "unsigned" }), { producer: "show", sign });
    expect(await world.drain(queueUrl())).toEqual([]);
    expect(lines.join()).toContain('"code":"LOST"');
  });

  it("G9: makes one attempt, counts the loss and does not trouble its caller", async () => {
    faults = injectFaults(sqsOnce(), { command: "SendMessageCommand", moment: "before" });
    const lines = listen();
    await sendOnce(queueUrl(), Seen.from({ what: "secret" }), { producer: "show" });
    expect(faults.attempts).toHaveLength(1);
    expect(await world.drain(queueUrl())).toEqual([]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "WARN", code: "LOST", source: "/show", type: Seen.type, errorCode: "TimeoutError" },
    ]);
    expect(lines.join()).not.toContain("secret");
  });

  it("G9: does not send again what arrived when only the answer is lost", async () => {
    faults = injectFaults(sqsOnce(), { command: "SendMessageCommand", moment: "after" });
    const lines = listen();
    await sendOnce(queueUrl(), Seen.from({ what: "once" }), { producer: "show" });
    expect(await world.drain(queueUrl())).toHaveLength(1);
    expect(lines).toHaveLength(1);
  });
});

function queueUrl(): string {
  return world.output("StandardQueueUrl");
}

function listen(): string[] {
  const lines: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(String(text)) > 0);
  return lines;
}
