// How long a message waits that came before its predecessors, and what it is parked as when they never come.
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { expect, it } from "vitest";
import type { Delivery } from "../src/commit/delivery.ts";
import { bySequence } from "../src/commit/sequence-evidence.ts";
import { unitOfWork } from "../src/commit/unit-of-work.ts";
import { RetryLater } from "../src/core/outcome.ts";
import { sequenceText } from "../src/envelope/sequence.ts";

it.each([
  [1, 2],
  [2, 8],
  [3, 32],
  [4, 128],
  [5, 512],
  [6, 900],
  [100, 900],
])(
  "G6: at receive %i of a FIFO queue it waits %i seconds, and each wait is an attempt",
  (receiveCount, seconds) => {
    const wait = waitOf({ sequence: 3, queueName: "orders.fifo", receiveCount });
    expect(wait).toMatchObject({ code: "SEQUENCE_AHEAD", retryAfterSeconds: seconds, waited: false });
    expect([wait.soonMs, wait.ahead]).toEqual([undefined, undefined]);
    expect(wait.lastly).toMatchObject({
      code: "SEQUENCE_GAP",
      detail: "/tests key-1: received sequence 3, the last was 0",
    });
  },
);

it.each([
  [1, 1, 20],
  [20, 1, 400],
  [21, 2, undefined],
  [40, 2, undefined],
  [41, 3, undefined],
  [18_000, 900, undefined],
  [18_001, 900, undefined],
])(
  "G4: behind %i others of a standard queue it waits %i seconds, and uses up no attempt",
  (ahead, seconds, soonMs) => {
    for (const queueName of ["orders", undefined]) {
      const wait = waitOf({ sequence: ahead + 1, queueName, receiveCount: 9 });
      expect(wait).toMatchObject({ code: "SEQUENCE_AHEAD", retryAfterSeconds: seconds, waited: true, ahead });
      expect(wait.soonMs).toBe(soonMs);
      expect(wait.lastly).toMatchObject({ code: "SEQUENCE_GAP" });
    }
  },
);

it("G4: the next one does not wait, whatever came before", () => {
  const evidence = bySequence.add(undefined, deliveryOf({ sequence: 1 }));
  expect(bySequence.judge(evidence, deliveryOf({ sequence: 2 }))).toBeUndefined();
  expect(waitOf({ sequence: 3, evidence })).toMatchObject({
    ahead: 1,
    lastly: { detail: expect.stringContaining("last was 1") },
  });
});

interface Early {
  readonly sequence: number;
  readonly queueName?: string | undefined;
  readonly receiveCount?: number;
  readonly evidence?: string;
}

function waitOf({ evidence, ...early }: Early): RetryLater {
  try {
    bySequence.judge(evidence, deliveryOf(early));
  } catch (error) {
    if (error instanceof RetryLater) return error;
    throw error;
  }
  throw new Error("it does not wait");
}

function deliveryOf({ sequence, queueName, receiveCount = 1 }: Early): Delivery {
  const message = anEnvelope({ sequence: sequenceText(sequence) });
  const unit = unitOfWork({ contract: { name: "count", publishes: [] }, cause: message });
  const sqsMessage = queueName && { body: "", attributes: {}, queueName, receiveCount };
  return { consumer: "count", message, unit, deadlineMs: 0, ...(sqsMessage && { sqsMessage }) };
}
