import { expect, test } from "vitest";
import { startTally, type Tally } from "../../src/trial/look/tally.ts";

const PATH = "Credit/ReserveCredit/Function";

test("counts what consumers say of each record", () => {
  const tally = startTally();
  for (const code of ["PROCESSED", "PROCESSED", "DUPLICATE", "RETRY_LATER", "PARKED", "LOST"])
    say(tally, { code });
  expect(tally.counts).toMatchObject({
    processed: 2,
    duplicatesAbsorbed: 1,
    retriesAsked: 1,
    parked: 1,
    losses: 1,
  });
});

test("counts trouble", () => {
  const tally = startTally();
  for (const what of ["kill", "kill", "duplicate", "drop-response", "lost-response"] as const) {
    tally.note({ kind: "chaos", what });
  }
  expect(tally.counts).toMatchObject({
    kills: 2,
    doubleDeliveries: 1,
    droppedResponses: 1,
    lostConnections: 1,
  });
});

test("reports what happened to a message whose function died", () => {
  const tally = startTally();
  redeliver(tally, "m-1", "killed");
  redeliver(tally, "m-2", "returned");
  redeliver(tally, "m-3", "killed");
  say(tally, { code: "DUPLICATE", messageId: "m-3" });
  expect(tally.counts.redelivered).toBe(3);
  expect(tally.survivors()).toEqual([
    { functionName: "ReserveCredit", envelopeId: "m-3", receiveCount: 2, ending: "DUPLICATE" },
    { functionName: "ReserveCredit", envelopeId: "m-1", receiveCount: 2 },
  ]);
});

test("a line that is not of our log is trouble, and told once", () => {
  const tally = startTally();
  for (let n = 0; n < 3; n++) {
    tally.note({ kind: "log", path: PATH, requestId: "r", line: "TypeError: x is not a function" });
  }
  expect(tally.troubles).toEqual(["ReserveCredit: TypeError: x is not a function"]);
});

function say(tally: Tally, fields: Record<string, unknown>): void {
  tally.note({ kind: "log", path: PATH, requestId: "r", line: JSON.stringify(fields) });
}

function redeliver(tally: Tally, envelopeId: string, afterOutcome: "killed" | "returned"): void {
  tally.note({ kind: "redelivery", path: PATH, messageId: "sqs", envelopeId, receiveCount: 2, afterOutcome });
}
