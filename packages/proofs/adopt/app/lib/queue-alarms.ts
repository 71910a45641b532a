import type { RedriveQueue } from "@essentially-once/constructs/redrive-queue";
import type { Construct } from "constructs";

/** The two alarms that report a loss: add your own alarm action. */
export function queueAlarms(scope: Construct, { node, queue, deadLetterQueue }: RedriveQueue): void {
  const statistic = "Maximum";
  deadLetterQueue
    .metricApproximateNumberOfMessagesVisible({ statistic })
    .createAlarm(scope, `${node.id}DeadLetters`, { threshold: 1, evaluationPeriods: 1 });
  queue
    .metricApproximateAgeOfOldestMessage({ statistic })
    .createAlarm(scope, `${node.id}Age`, { threshold: 3_600, evaluationPeriods: 1 });
}
