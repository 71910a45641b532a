// How long a message can live, and how long its evidence must live. The wiring rules check at synth time that the
// queues keep to it.
//
//   G2, G7. While a message can be redelivered, its evidence exists; the age gate parks older messages.

/** SQS keeps nothing longer: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html */
export const deadLetterRetentionDays = 14;

/** The rest of 14 days is what an operator has at least, even for a message that waited until the end. */
export const sourceRetentionDaysMax = 10;

/** How often a dead letter may be redriven and still meet its evidence; each one is a life in both queues again. */
export const redrivesMax = 1;

/** Evidence is kept for so long after the processing. */
export const evidenceDays = 60;

/** Evidence lasts from the processing, age counts from `time`, on other clocks: this lies between them. */
export const marginDays = 1;

/** An older message might be a duplicate that nobody can recognise any more. */
export const dedupWindowDays = evidenceDays - marginDays;

/** From the first sending until the last copy is gone: in the queue, in its dead-letter queue, and both again per redrive. */
export function messageLifeDays({
  sourceDays,
  deadLetterDays,
}: {
  sourceDays: number;
  deadLetterDays: number;
}): number {
  return (1 + redrivesMax) * (sourceDays + deadLetterDays);
}
