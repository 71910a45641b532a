// The publisher whose calls the model's traces name. Its event is a row as the stream or a scan brings it.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Context } from "aws-lambda";
import { nowMs } from "../../../functions/messaging/clock.ts";
import { environment } from "../../../functions/messaging/environment.ts";
import { readOutboxRow } from "../../../functions/messaging/outbox.ts";
import { publisher } from "../../../functions/messaging/publisher.ts";
import { fixedRegistry } from "../../../functions/messaging/registry.ts";

const outbox = publisher({
  outboxTable: environment("ORDERED_OUTBOX_TABLE"),
  registry: fixedRegistry({ routes: { queuesFor: () => [environment("SENT_QUEUE_URL")] } }),
});

export async function handler(item: Record<string, AttributeValue>, context: Context): Promise<void> {
  const deadlineMs = nowMs() + context.getRemainingTimeInMillis();
  await outbox.publish([readOutboxRow(item)], { deadlineMs });
}
