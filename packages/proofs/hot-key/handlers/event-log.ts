// A journal with one partition, to which all messages are appended.
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { eventLog } from "@essentially-once/messaging/event-log";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { journal } from "@essentially-once/messaging/journal";
import { Deposited } from "../../scenarios/handlers/messages.ts";

export const handler = consumer(contract({ name: "hot-log", accepts: [Deposited], publishes: [] }))
  .use(idempotency({ evidence: eventLog({ journal: journal({ name: "hot", partitions: 1 }) }) }))
  .handler(async () => undefined);
