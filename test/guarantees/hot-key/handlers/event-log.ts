// A journal with one partition, to which all messages are appended.
import { consumer } from "../../../../functions/messaging/consumer.ts";
import { contract } from "../../../../functions/messaging/contract.ts";
import { eventLog } from "../../../../functions/messaging/event-log.ts";
import { idempotency } from "../../../../functions/messaging/idempotency.ts";
import { journal } from "../../../../functions/messaging/journal.ts";
import { Deposited } from "../../scenarios/handlers/messages.ts";

export const handler = consumer(contract({ name: "hot-log", accepts: [Deposited], publishes: [] }))
  .use(idempotency({ evidence: eventLog({ journal: journal({ name: "hot", partitions: 1 }) }) }))
  .handler(async () => undefined);
