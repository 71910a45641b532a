// Messages that an explored process received itself, as an operator's command does: when their visibility timeout is
// over in virtual time, they are shown again in the real queue.
import { ChangeMessageVisibilityCommand } from "@aws-sdk/client-sqs";
import type { Sandbox } from "./sandbox.ts";
import type { Simulation } from "./simulation.ts";
import type { Source } from "./source.ts";

interface Held {
  readonly QueueUrl: string;
  readonly ReceiptHandle: string;
  readonly untilMs: number;
}

/** SQS' own default. */
const visibilitySecondsDefault = 30;

export function heldMessages({ plain: { sqs } }: Sandbox, simulation: Simulation): Source {
  let held: Held[] = [];

  /** What is deleted, or shown by its holder, nobody has to show; what he holds for longer comes back later. */
  function letGo({ Entries, ...only }: Batch): void {
    const changes = new Map(
      (Entries ?? [only]).map((one) => [one.ReceiptHandle, one.VisibilityTimeout ?? 0]),
    );
    held = held.flatMap((one) => {
      const seconds = changes.get(one.ReceiptHandle);
      if (seconds === undefined) return [one];
      return seconds === 0 ? [] : [{ ...one, untilMs: simulation.nowMs() + seconds * 1_000 }];
    });
  }

  return {
    nextMs: () => (held.length === 0 ? undefined : Math.min(...held.map(({ untilMs }) => untilMs))),

    onDone({ command, input }, output) {
      if (/^(ChangeMessageVisibility|DeleteMessage)/.test(command)) letGo(input as Batch);
      if (command !== "ReceiveMessage") return;
      const { QueueUrl = "", VisibilityTimeout = visibilitySecondsDefault } = input as Asked;
      const untilMs = simulation.nowMs() + VisibilityTimeout * 1_000;
      const { Messages = [] } = output as { Messages?: readonly { ReceiptHandle?: string }[] };
      for (const { ReceiptHandle = "" } of Messages) held.push({ QueueUrl, ReceiptHandle, untilMs });
    },

    async poll() {
      const due = held.filter(({ untilMs }) => untilMs <= simulation.nowMs());
      held = held.filter((one) => !due.includes(one));
      for (const { QueueUrl, ReceiptHandle } of due) {
        const shown = new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
        await sqs.send(shown).catch(() => undefined); // deleted meanwhile
      }
      return due.length > 0;
    },
  };
}

interface Named {
  readonly ReceiptHandle?: string;
  /** Undefined for who deletes. */
  readonly VisibilityTimeout?: number;
}

interface Batch extends Named {
  readonly Entries?: readonly Named[];
}

interface Asked {
  readonly QueueUrl?: string;
  readonly VisibilityTimeout?: number;
}
