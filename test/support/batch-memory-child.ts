// A consumer with little memory, and a batch of as many of the worst bodies as Lambda hands to a function.
import * as z from "zod";
import { consumer } from "../../functions/messaging/consumer.ts";
import { contract } from "../../functions/messaging/contract.ts";
import { digestOf } from "../../functions/messaging/digest.ts";
import { asciiJson } from "../../functions/messaging/envelope.ts";
import { idempotency } from "../../functions/messaging/idempotency.ts";
import { messageType } from "../../functions/messaging/message-type.ts";
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
const { batchItemFailures } = await handler(anSqsEvent(...records), aContext());
process.send?.(records.length - batchItemFailures.length);
