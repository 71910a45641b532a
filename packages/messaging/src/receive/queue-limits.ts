// The queue's own limits for a message that stays in it, read from SQS: they may have been changed since the deployment.
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { sqs } from "../aws/sqs-client.ts";
import { nowMs } from "../core/clock.ts";
import { log } from "../observe/log.ts";

export interface QueueLimits {
  /** At the next receive after so many SQS moves the message, without a reason. */
  readonly receivesMax: number;
  readonly retentionMs: number;
}

/** What SQS does unless told otherwise. */
const unlimited: QueueLimits = { receivesMax: Number.POSITIVE_INFINITY, retentionMs: 345_600_000 };
/** Somebody may change a queue while its function is running. Milliseconds. */
const knownMs = 900_000;

const known = new Map<
  string,
  { readonly limits: Promise<QueueLimits | undefined>; readonly untilMs: number }
>();

/** Asked once in a while, by whoever has a message that failed. Undefined: there was no answer, the next failure asks anew. */
export function queueLimits(queueUrl: string): Promise<QueueLimits | undefined> {
  const found = known.get(queueUrl);
  if (found !== undefined && nowMs() < found.untilMs) return found.limits;
  const limits = ask(queueUrl);
  known.set(queueUrl, { limits, untilMs: nowMs() + knownMs });
  return limits;
}

async function ask(QueueUrl: string): Promise<QueueLimits | undefined> {
  try {
    const { Attributes = {} } = await sqs().send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: ["RedrivePolicy", "MessageRetentionPeriod"],
      }),
    );
    const { RedrivePolicy = "{}", MessageRetentionPeriod } = Attributes;
    const { maxReceiveCount } = JSON.parse(RedrivePolicy) as { maxReceiveCount?: number | string };
    return {
      receivesMax: Number(maxReceiveCount) || unlimited.receivesMax,
      retentionMs: Number(MessageRetentionPeriod) * 1_000 || unlimited.retentionMs,
    };
  } catch (error) {
    known.delete(QueueUrl);
    log("warn", "QUEUE_LIMITS_UNREAD", { errorCode: error instanceof Error ? error.name : typeof error });
    return undefined;
  }
}
