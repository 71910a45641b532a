// The names under which the functions count what they do, and under which alarms and dashboard look for it.

/** Followed by the stage: in one account, what one deployment counts is not another's. */
export const metricNamespace = "EssentiallyOnce";

/** The one dimension: the name of the consumer, endpoint or publisher. */
export const serviceDimension = "service";

export const metricNames = {
  /** Messages whose effect was committed. */
  processed: "Processed",
  /** Messages that had been processed before. */
  duplicateAbsorbed: "DuplicateAbsorbed",
  /** Messages returned to their queue, to be redelivered later. */
  retried: "Retried",
  /** How long the message that waits longest has waited since its first receive, in seconds; absent when none waits. */
  waitedSeconds: "WaitedSeconds",
  /** Messages moved to the dead-letter queue with their reason. */
  parked: "Parked",
  /** Of the parked: an effect outside was begun and nobody knows whether it happened. */
  inDoubt: "InDoubt",
  /** At-most-once: messages that had no effect and are gone. */
  lost: "Lost",
  /** Age of the oldest outbox row that the sweeper found, in seconds; 0 when it found none. */
  outboxAgeSeconds: "OutboxAgeSeconds",
  /** Scheduled messages that were due and went into the outbox. */
  dispatched: "Dispatched",
  /** How long the oldest scheduled message is overdue that the dispatcher's run of a minute found, in seconds; 0 when none is. */
  scheduleAgeSeconds: "ScheduleAgeSeconds",
  /** Lines of level ERROR: what no retry will mend. */
  errorsLogged: "ErrorsLogged",
  /** Records that a batch gave back to the queue or to the stream. */
  batchItemFailures: "BatchItemFailures",
} as const;

export type MetricName = (typeof metricNames)[keyof typeof metricNames];
