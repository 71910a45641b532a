// A consumer with little memory, and a batch of as many of the worst bodies as Lambda hands to a function.

import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { digestOf } from "@essentially-once/messaging/internal/envelope/digest";
import { messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod";
import { anEnvelope } from "./an-envelope.ts";
import { aContext, anSqsEvent, anSqsRecord } from "./lambda.ts";

const Nested = messageType({
  type: "tests.nested.v1",
  schema: z.object({ lists: z.unknown() }),
  key: () => "k",
});
const lists = JSON.parse(
  `[${Array(1_600)
    .fill("[".repeat(60) + "]".repeat(60))
    .join(",")}]`,
);

/** Evidence of nothing, at the cost of what says that two messages are the same. */
const evidence = {
  commit: async ({
    message,
  }: Parameters<typeof digestOf>[0] & { message: Parameters<typeof digestOf>[0] }) => {
    digestOf(message);
    return { kind: "done" as const };
  },
  find: async () => undefined,
};

const handler = consumer(contract({ name: "small", accepts: [Nested], publishes: [] }))
  .use(idempotency({ evidence: evidence as never }))
  .handler(async ({ data }) => {
    JSON.stringify(data);
    await new Promise(setImmediate);
  });

const records = Array.from({ length: 30 }, () =>
  anSqsRecord(asciiJson(anEnvelope({ type: Nested.type, data: { lists } }))),
);
process.stdout.write = () => true;
const { batchItemFailures } = await handler(anSqsEvent(...records), aContext({ remainingMs: 60_000 }));
process.send?.(records.length - batchItemFailures.length);
