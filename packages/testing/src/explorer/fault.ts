// The kinds of fault, and at which calls each makes sense.
import { answerCommand, type Call, deliveryCommand, ordinal } from "./call.ts";

/**
 * - `lost-request`, `lost-response`: this attempt; the SDK makes another.
 * - `unreachable`, `mute`: every attempt of this command: the requests never arrive, or all answers are lost.
 * - `hung`: every attempt waits until the caller's own time limit ends it.
 * - `killed-before`, `killed-after`: the process dies at this call.
 * - `frozen-before`, `frozen-after`: the process stops, and goes on when every other process is idle.
 * - `throttled`, `conflict`: the service refuses, as it does.
 * - `busy`: from here on every write of every process meets a conflict, for a minute: longer than any invocation can wait.
 * - `partial`: a batch request fails for its first entry only, with an HTTP 200.
 * - `twice-before`, `twice-after`: another process runs the same event, whole, at this moment.
 * - `tampered`: the text of a message is altered, when it is sent or when it is received.
 */
export const faultKinds = [
  "lost-request",
  "lost-response",
  "unreachable",
  "mute",
  "hung",
  "killed-before",
  "killed-after",
  "frozen-before",
  "frozen-after",
  "throttled",
  "conflict",
  "busy",
  "partial",
  "twice-before",
  "twice-after",
  "tampered",
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  readonly kind: FaultKind;
  readonly command: string;
  readonly nth: number;
}

const answerKinds: readonly FaultKind[] = ["lost-response", "killed-before", "frozen-before", "twice-after"];
const conflicting: readonly string[] = [
  "TransactWriteItems",
  "PutItem",
  "UpdateItem",
  "DeleteItem",
  "BatchExecuteStatement",
];
const batches: readonly string[] = [
  "SendMessageBatch",
  "DeleteMessageBatch",
  "ChangeMessageVisibilityBatch",
  "BatchWriteItem",
  "BatchGetItem",
  "BatchExecuteStatement",
];
const crossings: readonly string[] = ["SendMessageBatch", "SendMessage", "ReceiveMessage"];

/** Whether a fault can happen to a call: a read has no conflict, and only a batch is done in part. */
export function canMeet(kind: FaultKind, { command }: Pick<Call, "command">): boolean {
  if (command === deliveryCommand) return kind === "tampered";
  if (command === answerCommand) return answerKinds.includes(kind);
  if (kind === "conflict" || kind === "busy") return conflicting.includes(command);
  if (kind === "throttled") return !command.includes(" ");
  if (kind === "partial") return batches.includes(command);
  if (kind === "tampered") return crossings.includes(command);
  return true;
}

const sentences: Readonly<Record<FaultKind, (call: string) => string>> = {
  "lost-request": (call) => `the request of ${call} is lost`,
  "lost-response": (call) => `the response to ${call} is lost`,
  unreachable: (call) => `no request arrives from ${call} on, retries included`,
  mute: (call) => `${call} succeeds, but none of its attempts gets a response`,
  hung: (call) => `${call} hangs until its deadline`,
  "killed-before": (call) => `killed before ${call}`,
  "killed-after": (call) => `killed after ${call}`,
  "frozen-before": (call) => `frozen before ${call}, resumed after all others have finished`,
  "frozen-after": (call) => `frozen after ${call}, resumed after all others have finished`,
  throttled: (call) => `${call} is throttled`,
  conflict: (call) => `${call} meets a conflict`,
  busy: (call) => `every write conflicts for a minute, from ${call} on`,
  partial: (call) => `${call} skips its first entry`,
  "twice-before": (call) => `delivered a second time before ${call}`,
  "twice-after": (call) => `delivered a second time after ${call}`,
  tampered: (call) => `a message of ${call} is altered in transit`,
};

/** "killed after the 2nd TransactWriteItems" */
export function describeFault({ kind, command, nth }: Fault): string {
  return sentences[kind](`the ${ordinal(nth)} ${command}`);
}
