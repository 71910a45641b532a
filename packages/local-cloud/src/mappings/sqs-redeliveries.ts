// Reports each redelivery and how the delivery before it ended. It is only shown: no decision depends on it.

import type { Message } from "@aws-sdk/client-sqs";
import type { Emit, RedeliveryEvent } from "../model/events.ts";
import { receiveCountOf } from "./sqs-record.ts";

type AfterOutcome = NonNullable<RedeliveryEvent["afterOutcome"]>;

/** A message that the redrive policy moves away never reports its end, so the oldest outcomes are forgotten. */
const REMEMBERED_MAX = 10_000;

export function redeliveries({ functionPath, onEvent }: { functionPath: string; onEvent: Emit }) {
  const lastOutcome = new Map<string, AfterOutcome>();
  return {
    received(batch: readonly Message[]): void {
      for (const message of batch.filter((message) => receiveCountOf(message) > 1)) {
        const { MessageId = "", Body = "" } = message;
        const envelopeId = envelopeIdOf(Body);
        const afterOutcome = lastOutcome.get(MessageId);
        onEvent({
          kind: "redelivery",
          path: functionPath,
          messageId: MessageId,
          receiveCount: receiveCountOf(message),
          ...(envelopeId && { envelopeId }),
          ...(afterOutcome && { afterOutcome }),
        });
      }
    },
    failed(batch: readonly Message[], outcome: AfterOutcome): void {
      for (const { MessageId = "" } of batch) {
        lastOutcome.delete(MessageId);
        lastOutcome.set(MessageId, outcome);
      }
      for (const oldest of lastOutcome.keys()) {
        if (lastOutcome.size <= REMEMBERED_MAX) break;
        lastOutcome.delete(oldest);
      }
    },
    done(batch: readonly Message[]): void {
      for (const { MessageId = "" } of batch) lastOutcome.delete(MessageId);
    },
  };
}

function envelopeIdOf(body: string): string | undefined {
  try {
    const envelope: unknown = JSON.parse(body);
    const id = typeof envelope === "object" && envelope && "id" in envelope ? envelope.id : undefined;
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined; // not JSON: a body like any other here
  }
}
