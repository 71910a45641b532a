// Every invariant is tried against a breach of it: a reconciliation that cannot fail proves nothing.

import { deadLettersOf } from "@essentially-once/operator/dead-letters/dead-letter";
import { expect, test } from "vitest";
import { type Facts, generalInvariants } from "../../src/trial/account/general.ts";

const trash = "{ not JSON";
const [counted, answers, parkedMessages, empty, once, permitted] = generalInvariants(
  facts(),
  () => false,
).map(({ name }) => name);

test("a run in which all went well holds every invariant, with figures", () => {
  const invariants = generalInvariants(facts(), isPoison);
  expect(invariants.filter(({ holds }) => !holds)).toEqual([]);
  expect(invariants.map(({ evidence }) => evidence)).toContain("2 dead letters, 1 of them garbage");
});

test.each<[string, Partial<Facts>, (string | undefined)[]]>([
  ["nothing was sent", { count: 0 }, [counted]],
  ["a request was never answered", { answered: [{ key: "k", answers: [], requests: 12 }] }, [answers]],
  [
    "a request has two answers",
    { answered: [{ key: "k", answers: [{}, { a: 1 }], requests: 2 }] },
    [answers],
  ],
  [
    "a good message is a dead letter",
    { deadLetters: [...facts().deadLetters, ...parked("good")] },
    [parkedMessages],
  ],
  ["garbage is no dead letter", { deadLetters: parked("poison") }, [parkedMessages]],
  [
    "garbage was parked for another reason",
    { deadLetters: parked(trash, "ACCOUNT_UNKNOWN") },
    [parkedMessages],
  ],
  ["something still waits", { left: ["outbox: 1 rows not sent"] }, [empty]],
  ["the end of a partition is missing", { journal: [{ head: 3, records: numbered(1, 2) }] }, [once]],
  ["one in the middle is missing", { journal: [{ head: 3, records: numbered(1, 3) }] }, [once]],
  ["one is behind the head", { journal: [{ head: 1, records: numbered(1, 2) }] }, [once]],
  ["a message is in it twice", { journal: [...facts().journal, { head: 1, records: numbered(1) }] }, [once]],
  ["a function wanted what it may not", { denials: ["Orders/PlaceOrder may not …"] }, [permitted]],
])("a breach is found: %s", (_breach, changes, broken) => {
  const invariants = generalInvariants({ ...facts(), ...changes }, isPoison);
  expect(invariants.filter(({ holds }) => !holds).map(({ name }) => name)).toEqual(broken);
});

test.each(["NOT_JSON", "RECEIVES_EXHAUSTED", "RETRIES_EXHAUSTED"])(
  "garbage may be parked as %s",
  (reason) => {
    const changes = { ...facts(), deadLetters: parked(trash, reason) };
    expect(generalInvariants(changes, isPoison).filter(({ holds }) => !holds)).toEqual([]);
  },
);

function isPoison({ body }: { body: string }): boolean {
  return body === "poison";
}

function facts(): Facts {
  return {
    sends: "orders",
    count: 1,
    answered: [{ key: "k", answers: [{ orderId: "o-1" }], requests: 2 }],
    garbage: [{ queue: "ReserveCreditQueueUrl", body: trash, reasons: ["NOT_JSON"] }],
    deadLetters: [...parked(trash, "NOT_JSON"), ...parked("poison")],
    left: [],
    journal: [{ head: 2, records: numbered(1, 2) }],
    denials: [],
  };
}

function parked(body: string, reason = "RECEIVES_EXHAUSTED") {
  const [parkedMessage] = deadLettersOf("ReserveCredit", [{ Body: body, MessageId: `sqs-${body}` }]);
  return parkedMessage ? [{ ...parkedMessage, reason }] : [];
}

function numbered(...sequences: number[]): Facts["journal"][number]["records"] {
  return sequences.map((sequence, index) => ({
    ...{ sequence, id: `m-${index + 1}`, source: "/tests" },
    ...{ type: "t", partitionkey: "k", data: {} },
  }));
}
