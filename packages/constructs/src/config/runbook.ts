// Alarm → the section of docs/runbook.md that says where to look and what to do. One kind is one section.

/** What each kind of alarm says when it rings. */
export const alarmKinds = {
  "dead-letters": "there are messages in the dead-letter queue",
  "oldest-message": "a message has been in the queue for too long",
  waiting: "a message has waited too long for a busy key or for a predecessor",
  stopped: "messages are in the queue, and no function has run for a quarter of an hour",
  "rate-behind": "messages wait longer than a quarter of an hour for their rate",
  "breaker-open": "the breaker has been open for a quarter of an hour",
  "stream-behind": "the stream is read late or not at all",
  "stream-failures": "the stream mapping gave up records",
  "outbox-age": "a committed message has not been sent for too long",
  "sweeper-silent": "the sweeper does not run",
  duplicates: "many messages are duplicates",
  parked: "many messages are parked at once",
  "in-doubt": "it is unknown whether an outside effect happened",
  conflicts: "transactions conflict on the same items",
  throttles: "AWS throttles requests",
  runaway: "it receives more messages than budgeted",
  recursion: "Lambda stopped a loop of messages",
  errors: "the function has failed in every 15 minutes",
  "errors-logged": "the log has an error that no retry can fix",
  duration: "the function runs close to its timeout",
} as const;

export type AlarmKind = keyof typeof alarmKinds;

/** The text of a notification: the resource, what is wrong with it, and the section of the runbook. */
export function alarmDescription(kind: AlarmKind, subject: string): string {
  return `${subject}: ${alarmKinds[kind]}. docs/runbook.md#${kind}`;
}
