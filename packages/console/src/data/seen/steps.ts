// The path of a message as steps, each a sentence with its time and who tells it.

import type { Step } from "../../api/message.ts";
import { consumerOfQueue, type Reached } from "../reached.ts";
import type { SeenDelivery, SeenMessage } from "./message-index.ts";
import { scheduleSteps } from "./schedule-steps.ts";

/** What was seen of it: commit, journal, sending, deliveries. */
export function seenSteps(reached: Reached, message: SeenMessage): Step[] {
  const { fields, deliveries, entry, isInOutbox } = message;
  const { source, time } = fields;
  return [
    {
      ...(time !== undefined && { at: time }),
      what: "committed",
      told: entry ? "journal" : "events",
      text: `Committed by ${source}.`,
    },
    ...(entry
      ? [
          {
            what: "journaled" as const,
            told: "journal" as const,
            text: `Entry ${entry.sequence} of partition ${entry.partition} of the journal.`,
          },
        ]
      : []),
    ...scheduleSteps(message),
    ...(isInOutbox
      ? [{ what: "published" as const, told: "outbox" as const, text: "It waits in the outbox to be sent." }]
      : []),
    ...sentSteps(reached, deliveries),
    ...deliveries.map((delivery) => deliverySteps(reached, delivery)),
  ];
}

/** SQS says when a message came into its queue; one that was sent twice has two SQS ids. */
function sentSteps(reached: Reached, deliveries: readonly SeenDelivery[]): Step[] {
  const sent = deliveries.filter(({ sentMs }) => sentMs !== undefined);
  const first = new Map(sent.toReversed().map((one) => [`${one.queueArn} ${one.sqsMessageId}`, one]));
  return [...first.values()].map(({ queueArn = "", sentMs = 0 }) => {
    const { consumer } = consumerOfQueue(reached, queueArn) ?? {};
    return {
      at: timeOf(sentMs),
      what: "published",
      told: "events",
      text: `Sent to the queue of ${consumer ?? queueArn}.`,
      ...(consumer !== undefined && { consumer }),
    };
  });
}

function deliverySteps(reached: Reached, delivery: SeenDelivery): Step {
  const { path, environment, requestId, queueArn, receiveCount, sentMs, startedMs, endedMs } = delivery;
  const { end, code, detail, retryAfterSeconds, chaos } = delivery;
  const consumer = queueArn === undefined ? undefined : consumerOfQueue(reached, queueArn)?.consumer;
  const isFirst = receiveCount === undefined || receiveCount === 1;
  return {
    at: timeOf(startedMs),
    what: "delivered",
    told: "events",
    text: textOf(delivery),
    functionPath: path,
    environment,
    requestId,
    ...(consumer !== undefined && { consumer }),
    ...(receiveCount !== undefined && { receiveCount }),
    ...(sentMs !== undefined && isFirst && { waitedMs: Math.max(0, startedMs - sentMs) }),
    ...(endedMs !== undefined && { ranMs: Math.max(0, endedMs - startedMs) }),
    ...(end !== undefined && { end }),
    ...(code !== undefined && { code }),
    ...(detail !== undefined && { detail }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(chaos.length > 0 && { chaos: [...chaos] }),
  };
}

function textOf({ environment, receiveCount, end, said, code, retryAfterSeconds }: SeenDelivery): string {
  const which = receiveCount === undefined ? "Handled" : `Delivery ${receiveCount}`;
  const before = said === "processed" ? ", after its effect was committed" : "";
  const again = retryAfterSeconds === undefined ? "" : `, again in ${retryAfterSeconds} s`;
  const how = {
    processed: "processed",
    duplicate: "already processed: absorbed, no second effect",
    retried: `not done (${code ?? "no code"})${again}`,
    parked: `parked: ${code ?? "no code"}`,
    lost: "lost, which an at-most-once consumer allows",
    killed: `the process was killed${before}`,
    "timed-out": `the function's timeout expired${before}`,
    failed: `failed${code === undefined ? "" : `: ${code}`}${before}`,
    "response-dropped": `its response was lost${before}`,
  };
  return `${which}, process ${environment}: ${end === undefined ? "running" : how[end]}.`;
}

export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** Those without a time last, each kind in the order that it was given. */
export function inOrder(steps: readonly Step[]): Step[] {
  const timed = steps.filter(({ at }) => at !== undefined);
  const others = steps.filter(({ at }) => at === undefined);
  return [...timed.sort((a, b) => (a.at ?? "").localeCompare(b.at ?? "")), ...others];
}
