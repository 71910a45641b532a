// An SQS event source mapping as a fair adversary. It receives from the real queue, deletes what succeeded, and
// decides in virtual time when the rest becomes visible again; receive counts and the redrive to the dead-letter
// queue are the engine's.
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import { failedIdentifiers } from "@essentially-once/local-cloud/internal/mappings/batch-response";
import { sqsRecord } from "@essentially-once/local-cloud/internal/mappings/sqs-record";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import { heldSeconds } from "./held-seconds.ts";
import type { Answer, Invocation } from "./invocation.ts";
import type { ExploredProcess } from "./process-identity.ts";
import { altered } from "./refusals.ts";
import type { Source, SourceContext } from "./source.ts";

export interface QueueSourceOptions {
  readonly queue: string;
  readonly batchSize?: number;
  /** Six times the function's timeout is the rule. */
  readonly visibilitySeconds?: number;
  /** How many functions work on the messages at the same time, each on all of them: for interleavings. */
  readonly workers?: number;
  /** How many functions work side by side, each on a batch of its own: for a key that all of them want. */
  readonly environments?: number;
  /** Each environment gets its next batch when it has ended the last, and not when all have: their waits count. */
  readonly overlapping?: boolean;
}

export function queueSource(
  {
    queue,
    batchSize = 10,
    visibilitySeconds = 30,
    workers = 1,
    environments = 1,
    overlapping = false,
  }: QueueSourceOptions,
  { sandbox, simulation, platform, target, isAltered, outcomes }: SourceContext,
): Source {
  const { url, arn, fifo } = sandbox.queue(queue);
  const { sqs } = sandbox.plain;
  /** By receipt: when the message is seen again. */
  const hidden = new Map<string, number>();
  /** Owns the timers of the queue. */
  const ground: ExploredProcess = { name: queue, simulation, state: "running", onStop: () => undefined };
  /** False when the engine has nothing more to show: a look at it would cost more than the rest of the run. */
  let mayHold = true;
  /** Batches that have not ended. */
  let running: ReturnType<typeof begin>[] = [];

  return {
    nextMs: () => (hidden.size === 0 ? undefined : Math.min(...hidden.values())),

    pollAgain() {
      mayHold = true;
    },

    onCall({ command, input }) {
      if (/^SendMessage/.test(command)) mayHold = true;
      if (!/^ChangeMessageVisibility/.test(command)) return;
      const { Entries = [input as Delay] } = input as { Entries?: readonly Delay[] };
      for (const { ReceiptHandle = "", VisibilityTimeout = 0 } of Entries) {
        if (hidden.has(ReceiptHandle))
          hidden.set(ReceiptHandle, simulation.nowMs() + VisibilityTimeout * 1_000);
      }
    },

    async poll() {
      await showDue();
      if (!mayHold && running.length === 0) return false;
      await beginBatches();
      if (running.length === 0) return false;
      await (overlapping ? untilOneEnds() : platform.settle());
      const ended = running.filter(hasEnded);
      running = running.filter((one) => !hasEnded(one));
      for (const { batch, event, invocations } of ended) {
        await remove(batch, event, invocations[0]?.answer ?? { kind: "lost" });
      }
      mayHold ||= fifo; // behind what is done its group goes on
      return true;
    },
  };

  function begin(batch: readonly Message[]) {
    const event: SQSEvent = { Records: batch.map((message) => sqsRecord(message, arn)) };
    if (isAltered()) event.Records.splice(0, 1, ...event.Records.slice(0, 1).map(alteredRecord));
    outcomes?.delivered(event.Records);
    const invocations = Array.from({ length: workers }, () => platform.start(target, event));
    return { batch, event, invocations };
  }

  async function beginBatches(): Promise<void> {
    while (running.length < environments && mayHold) {
      const batch = await receive();
      mayHold = fifo ? batch.length > 0 : batch.length === batchSize;
      if (batch.length > 0) running.push(begin(batch));
    }
  }

  /** Or until a message is visible again. */
  async function untilOneEnds(): Promise<void> {
    const dueMs = running.length < environments ? Math.min(...hidden.values()) : Number.POSITIVE_INFINITY;
    const clear = simulation.addTimer({ process: ground, atMs: dueMs, fire: () => undefined });
    await simulation.drive(() => running.some(hasEnded) || simulation.nowMs() >= dueMs);
    clear();
  }

  async function showDue(): Promise<void> {
    const now = simulation.nowMs();
    const due = [...hidden].filter(([, atMs]) => atMs <= now).map(([receipt]) => receipt);
    for (const ReceiptHandle of due) {
      hidden.delete(ReceiptHandle);
      mayHold = true;
      const shown = new ChangeMessageVisibilityCommand({
        QueueUrl: url,
        ReceiptHandle,
        VisibilityTimeout: 0,
      });
      await sqs.send(shown).catch(() => undefined); // deleted by the function itself
    }
  }

  async function receive(): Promise<Message[]> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: batchSize,
        VisibilityTimeout: heldSeconds,
        MessageSystemAttributeNames: ["All"],
        MessageAttributeNames: ["All"],
      }),
    );
    for (const { ReceiptHandle = "" } of Messages) {
      hidden.set(ReceiptHandle, simulation.nowMs() + visibilitySeconds * 1_000);
    }
    // A standard queue has no order: any fixed one keeps a run repeatable.
    return fifo ? Messages : Messages.sort((a, b) => (a.Body ?? "").localeCompare(b.Body ?? ""));
  }

  async function remove(batch: readonly Message[], event: SQSEvent, answer: Answer): Promise<void> {
    if (answer.kind !== "answered") return;
    const failed = failedIdentifiers({
      response: answer.response,
      identifiers: event.Records.map(({ messageId }) => messageId),
      reportBatchItemFailures: true,
    });
    const done = batch.filter(({ MessageId = "" }) => !failed.has(MessageId));
    if (done.length === 0) return;
    outcomes?.acknowledged(done.map(({ MessageId = "" }) => ({ messageId: MessageId })));
    const Entries = done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
    for (const { ReceiptHandle = "" } of done) hidden.delete(ReceiptHandle);
  }
}

function hasEnded({ invocations }: { readonly invocations: readonly Invocation[] }): boolean {
  return invocations.every(({ answer, process }) => answer !== undefined || process.state !== "running");
}

function alteredRecord(record: SQSRecord): SQSRecord {
  return { ...record, body: altered(record.body) };
}

interface Delay {
  readonly ReceiptHandle?: string;
  readonly VisibilityTimeout?: number;
}
