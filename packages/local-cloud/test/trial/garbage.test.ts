// Each piece of garbage is what it says: of those that are signed, only the right ones would be taken.
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { readEnvelope } from "@essentially-once/messaging/envelope";
import type { SqsMessage } from "@essentially-once/messaging/internal/commit/delivery";
import { signature } from "@essentially-once/messaging/internal/trust/signature";
import { aKeyStore, aSecret } from "@essentially-once/testing/a-key-ring";
import { localEngines } from "@essentially-once/testing/local-engines";
import { codeAfter } from "@essentially-once/testing/middleware";
import { expect, test } from "vitest";
import { garbage, throwIn } from "../../src/trial/send/garbage.ts";

const engines = localEngines();

test("the signature of each piece is refused for the reason that the piece names, or right", async () => {
  const { queueUrl } = await engines.aQueue();
  const keys = aKeyStore(aSecret("k1")).ring;
  const draft = { type: "orders.order-placed.v1", data: { total: 1 }, partitionkey: "o-1" };
  const all = garbage(7, [["AQueueUrl", draft]]);
  const pieces = all.filter(
    ({ reasons: [reason = ""] }) => !["NOT_JSON", "ENVELOPE_INVALID"].includes(reason),
  );
  for (const piece of pieces) {
    await throwIn({ sqs: engines.clients.sqs, keys, output: () => queueUrl }, [piece]);
    const { Messages: [message] = [] } = await engines.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MessageAttributeNames: ["All"], WaitTimeSeconds: 1 }),
    );
    const sqsMessage: SqsMessage = {
      body: message?.Body ?? "",
      attributes: { Signature: message?.MessageAttributes?.Signature?.StringValue },
      queueName: queueUrl.split("/").at(-1) ?? "",
      receiveCount: 1,
    };
    const code = await codeAfter(signature({ keys }), { message: readEnvelope(sqsMessage.body), sqsMessage });
    const [reason = ""] = piece.reasons;
    expect(code).toBe(reason.startsWith("SIGNATURE") ? reason : undefined);
  }
  const ways = new Set(pieces.map(({ signed }) => signed));
  for (const way of [
    "rightly",
    undefined,
    "by an unknown sender",
    "for another queue",
    "before it was altered",
  ]) {
    expect(ways).toContain(way);
  }
});
