import { startTally } from "@essentially-once/local-cloud/internal/trial/tally";
import { deadLettersOf } from "@essentially-once/operator/dead-letters/dead-letter";
import { expect, test } from "vitest";
import { reconcile } from "../../demo/reconcile.ts";
import { reconcileInsights } from "../../demo/reconcile-insights.ts";
import { type Run, reportOf, summaryOf } from "../../demo/report.ts";

test("the summary has what a program asks for, as numbers and booleans", () => {
  expect(summaryOf(aRun())).toMatchObject({
    ok: false,
    placed: 0,
    shipped: 0,
    canceled: 0,
    parked: 0,
    redriven: 1,
    lost: 0,
    doubled: 0,
    duplicatesAbsorbed: 0,
    redelivered: 0,
    kills: 0,
    moneyConserved: true,
    viewsSent: 3,
    viewsCounted: 2,
    viewsLost: 1,
    journaled: 0,
    statementsMatch: true,
    seconds: 12.3,
    secondsToFirstShipped: 4.5,
    messagesPerSecond: 100,
    residentMegabytes: 900,
  });
});

test("the summary names what does not hold, with its evidence", () => {
  expect(summaryOf(aRun()).broken).toEqual([
    {
      invariant: "the dead letters are the poison and nothing else",
      evidence: "m-9 was parked by ShipOrder (RECEIVES_EXHAUSTED) and is no poison",
    },
  ]);
});

test("an invariant of the insights that does not hold makes the run not ok", () => {
  const world = { ...aRun().world, deadLetters: [] };
  const run = aRun({
    world,
    reconciliation: reconcile(world, { placements: [], garbage: [] }),
    insights: insightsOf({ serving: 1 }),
  });
  expect(summaryOf(run)).toMatchObject({ ok: false, statementsMatch: false });
  expect(reportOf(run)).toMatch(/✗ +statements = .* = rebuilt +they were not rebuilt/);
});

test("a permission that is missing is a broken invariant, with the line that would grant it", () => {
  const world = { ...aRun().world, deadLetters: [] };
  const denials = [
    "Orders/PlaceOrder may not dynamodb:PutItem on Orders/Table: allow it with table.grant(…)",
  ];
  const counts = { ...startTally().counts, denied: 3 };
  const reconciliation = reconcile(world, { placements: [], garbage: [] });
  const run = aRun({ world, reconciliation, denials, counts });
  expect(summaryOf(run)).toMatchObject({
    ok: false,
    denied: 3,
    broken: [{ invariant: "permissions: each role allows what its function does", evidence: denials[0] }],
  });
  expect(reportOf(run)).toMatch(/✗ +permissions: .*\n.*DENIED\n {2}Orders\/PlaceOrder may not/s);
});

test("a flow that did not come to rest is not ok, whatever else holds", () => {
  const run = aRun({ stuck: "ShipOrder: 1 waiting", world: { ...aRun().world, deadLetters: [] } });
  expect(summaryOf(run)).toMatchObject({ ok: false, stuck: "ShipOrder: 1 waiting" });
  expect(reportOf(run)).toContain("✗ ShipOrder: 1 waiting");
});

test("the report tells who survived a function's death, each dead letter's reason, and the repair", () => {
  const report = reportOf(aRun());
  expect(report).toMatch(/ReserveCredit +m-1 +2 +PROCESSED/);
  expect(report).toMatch(/ShipOrder +RECEIVES_EXHAUSTED +m-9 +no reason left/);
  expect(report).toContain("m-7: an account was opened for stranger-1");
  expect(report).toContain("NOT OK");
});

test("a run of no orders is no proof, and says so", () => {
  const world = { ...aRun().world, deadLetters: [] };
  const reconciliation = reconcile(world, { placements: [], garbage: [] });
  const run = aRun({ orders: 0, world, reconciliation });
  expect(summaryOf(run)).toMatchObject({
    ok: false,
    broken: [
      {
        invariant: "there is something to count",
        evidence: "no order was placed, so nothing is proved: give --orders",
      },
    ],
  });
  expect(reportOf(run)).toContain("NOT OK");
});

test("a run that holds says ok", () => {
  const world = { ...aRun().world, deadLetters: [] };
  const report = reportOf(aRun({ world, reconciliation: reconcile(world, { placements: [], garbage: [] }) }));
  expect(report).toContain("ok: every invariant holds (12.3 s)");
  expect(report).not.toContain("✗");
  expect(report).toContain("3 sent once, 2 counted, 1 lost, which is allowed");
});

/** Three views were sent, two counted; nothing was journaled. */
function insightsOf({ serving }: { serving: number }): Run["insights"] {
  return reconcileInsights(
    { views: new Map([["o-1", 2]]), journal: [], statements: new Map(), serving },
    { orders: [], viewsSent: new Map([["o-1", 3]]) },
  );
}

function aRun(changes: Partial<Run> = {}): Run {
  const message = JSON.stringify({ specversion: "1.0", id: "m-9", source: "/x", type: "t", data: {} });
  const world: Run["world"] = {
    orders: [],
    accounts: [],
    shipments: [],
    consignments: [],
    deadLetters: deadLettersOf("ShipOrder", [{ MessageId: "sqs", Body: message }]),
    depths: [],
    outboxRows: 0,
  };
  return {
    orders: 8,
    chaos: 0.3,
    seed: 1,
    world,
    reconciliation: reconcile(world, { placements: [], garbage: [] }),
    insights: insightsOf({ serving: 2 }),
    counts: startTally().counts,
    survivors: [{ functionName: "ReserveCredit", envelopeId: "m-1", receiveCount: 2, ending: "PROCESSED" }],
    troubles: [],
    denials: [],
    unusedPermissions: [],
    carrier: { booked: 0, repeated: 0, lookedUp: 0, refused: 0, broken: 0 },
    repair: { customerId: "stranger-1", orderId: "o-7", envelopeId: "m-7" },
    measured: { seconds: 12.3, secondsToFirstShipped: 4.5, messagesPerSecond: 100, residentMegabytes: 900 },
    ...changes,
  };
}
