import { deadLettersOf } from "@essentially-once/operator/dead-letters/dead-letter";
import { expect, test } from "vitest";
import { invariant } from "../../src/trial/account/invariant.ts";
import { type Account, reportOf, summaryOf } from "../../src/trial/account/report.ts";
import { shortReportOf } from "../../src/trial/account/short-report.ts";
import { startTally } from "../../src/trial/look/tally.ts";

const broken = invariant("nothing is lost", ["o-1 is new", "o-2 is new", "o-3 is new", "o-4 is new"], "");

test("the summary has what a program asks for, with the app's own figures", () => {
  expect(summaryOf(anAccount())).toMatchObject({
    ok: true,
    orders: 8,
    chaos: 0.3,
    seed: 1,
    placed: 8,
    deadLetters: 1,
    duplicatesAbsorbed: 0,
    redelivered: 0,
    kills: 0,
    denied: 0,
    unusedPermissions: [],
    seconds: 12.3,
    messagesPerSecond: 100,
    residentMegabytes: 900,
    broken: [],
  });
});

test("what does not hold is named with its first culprits, for programs and for people", () => {
  const account = anAccount({
    invariants: [broken],
    denials: ["Orders/PlaceOrder may not PutItem: allow it"],
  });
  const evidence = "o-1 is new; o-2 is new; o-3 is new; and 1 more";
  expect(summaryOf(account)).toMatchObject({
    ok: false,
    broken: [{ invariant: "nothing is lost", evidence }],
  });
  const report = reportOf(account);
  expect(report).toMatch(new RegExp(`✗ +nothing is lost +${evidence}`));
  expect(report).toMatch(/DENIED\n {2}Orders\/PlaceOrder may not/);
  expect(report).toContain("WHAT FUNCTIONS SAID\n  ShipOrder: it is broken");
  expect(report).toContain("NOT OK");
});

test("a flow that did not become idle is not ok, whatever else holds", () => {
  const account = anAccount({ stuck: "ShipOrder: 1 waiting" });
  expect(summaryOf(account)).toMatchObject({ ok: false, stuck: "ShipOrder: 1 waiting" });
  expect(reportOf(account)).toContain("✗ ShipOrder: 1 waiting");
});

test("the report has the app's figures and notes, who survived a function's death, and each dead letter's reason", () => {
  const report = reportOf(anAccount());
  expect(report).toMatch(/^ORDERS\nplaced +8\nspeed +100 messages per second, 900 MB at most$/m);
  expect(report).toMatch(/ReserveCredit +m-1 +2 +PROCESSED/);
  expect(report).toMatch(/ShipOrder +RECEIVES_EXHAUSTED +m-9 +no reason: moved by SQS/);
  expect(report).toContain("REDRIVEN 1");
  expect(report).toContain("ok: every invariant holds (12.3 s)");
  expect(report).not.toContain("✗");
});

test("in short it is at most 80 columns and a screen, and the verdict is the last line", () => {
  const many = Array.from({ length: 40 }, (_, n) => ({
    ...anAccount().deadLetters[0],
    reason: `REASON_${n % 20}`,
  }));
  const report = shortReportOf(
    anAccount({
      deadLetters: many as unknown as Account["deadLetters"],
      figures: Array.from(
        { length: 30 },
        (_, n) => [`figure ${n}`, "is one of many that a run has"] as const,
      ),
      invariants: Array.from({ length: 14 }, (_, n) => invariant(`invariant ${n}`, [], "x".repeat(n * 10))),
    }),
    "It stays up.",
  );
  const lines = report.trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(29);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(lines.at(-1)).toBe("ok: every invariant holds (12.3 s)");
  expect(report).toContain("It stays up.");
  expect(report).toContain("trouble (chaos 0.3): 0 processes killed");
  expect(report).toMatch(/dead letters: 2 REASON_\d+, .* and 8\s+other reasons/s);
});

test("in short, too, what does not hold is told whole, with what functions said", () => {
  const report = shortReportOf(anAccount({ invariants: [broken], stuck: "ShipOrder: 1 waiting" }));
  expect(report.replaceAll("\n  ", " ")).toContain(
    "✗ nothing is lost: o-1 is new; o-2 is new; o-3 is new; and 1 more",
  );
  expect(report).toContain("ShipOrder: it is broken");
  expect(report).toContain("✗ ShipOrder: 1 waiting");
  expect(report.trimEnd().split("\n").at(-1)).toContain("NOT OK");
});

function anAccount(changes: Partial<Account> = {}): Account {
  const message = JSON.stringify({ specversion: "1.0", id: "m-9", source: "/x", type: "t", data: {} });
  return {
    ...{ sends: "orders", count: 8, chaos: 0.3, seed: 1 },
    invariants: [invariant("nothing is lost", [], "8 answers")],
    figures: [["placed", "8"]],
    summary: { placed: 8 },
    notes: ["REDRIVEN 1"],
    deadLetters: deadLettersOf("ShipOrder", [{ MessageId: "sqs", Body: message }]),
    counts: startTally().counts,
    survivors: [{ functionName: "ReserveCredit", envelopeId: "m-1", receiveCount: 2, ending: "PROCESSED" }],
    troubles: ["ShipOrder: it is broken"],
    denials: [],
    unusedPermissions: [],
    measured: { seconds: 12.3, messagesPerSecond: 100, residentMegabytes: 900 },
    ...changes,
  };
}
