// Alarm → the section of docs/runbook.md that says where to look and what to do. One kind is one section.

/** What each kind of alarm says when it rings. */
export const alarmKinds = {
  "dead-letters": "messages wait in the dead-letter queue",
  "oldest-message": "a message has waited in the queue for too long",
  waiting: "a message waits for a busy key, or for what it needs, for too long",
  "stream-behind": "the stream is read too late, or not at all",
  "stream-failures": "the stream gave records up",
  "outbox-age": "a committed message was not sent for too long",
  "sweeper-silent": "the sweeper does not run",
  duplicates: "a large part of the messages comes twice",
  parked: "many messages are parked at once",
  "in-doubt": "nobody knows whether an effect outside happened",
  conflicts: "transactions meet on the same items",
  throttles: "AWS refuses requests: too many at once",
  runaway: "it receives more messages than its budget allows",
  recursion: "Lambda stopped a loop of messages",
  errors: "the function fails in every quarter of an hour",
  "errors-logged": "the log has a line that no retry will mend",
  duration: "the function comes near its timeout",
} as const;

export type AlarmKind = keyof typeof alarmKinds;

/** The text of a notification: the resource, what is wrong with it, and the section of the runbook. */
export function alarmDescription(kind: AlarmKind, subject: string): string {
  return `${subject}: ${alarmKinds[kind]}. docs/runbook.md#${kind}`;
}
