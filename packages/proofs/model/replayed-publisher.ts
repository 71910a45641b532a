// The publisher whose calls the model's traces name. Its event is a row as the stream or a scan brings it.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { nowMs } from "@essentially-once/messaging/clock";
import { environment } from "@essentially-once/messaging/environment";
import { readOutboxRow } from "@essentially-once/messaging/internal/commit/outbox";
import { publisher } from "@essentially-once/messaging/internal/publish/publisher";
import { fixedRegistry } from "@essentially-once/messaging/internal/publish/registry";
import type { Context } from "aws-lambda";

const outbox = publisher({
  outboxTable: environment("ORDERED_OUTBOX_TABLE"),
  registry: fixedRegistry({ routes: { queuesFor: () => [environment("SENT_QUEUE_URL")] } }),
});

export async function handler(item: Record<string, AttributeValue>, context: Context): Promise<void> {
  const deadlineMs = nowMs() + context.getRemainingTimeInMillis();
  await outbox.publish([readOutboxRow(item)], { deadlineMs });
}
