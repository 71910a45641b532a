// The graph of a stage where messages are scheduled: the table, the queue of wake-ups, and the dispatcher between them and the outbox.

import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import { expect, test } from "vitest";
import { flowOf } from "../../src/data/graph/flow-of.ts";
import { stageParts } from "../../src/data/graph/stage-parts.ts";
import type { Reached } from "../../src/data/reached.ts";

const queue = {
  ...{ consumer: "SettleOrder", name: "settle-order", queueUrl: "http://sqs/1/settle-order" },
  ...{ deadLetterQueueUrl: "http://sqs/1/settle-order-dead", evidenceTable: "orders-evidence" },
} satisfies ConsumerQueue;

test("a process writes to the schedules and wakes the dispatcher, which writes to the outbox", () => {
  const { nodes, edges } = flowOf(
    stageParts(reached({ SchedulesTable: "later", SchedulesWakeUps: "wake" })),
    [queue],
  );
  const labels = new Map(nodes.map(({ id, kind, label }) => [id, `${kind} ${label}`]));
  const shown = edges.map(({ from, to, kind }) => `${labels.get(from)} ${kind} ${labels.get(to)}`);
  expect(shown).toEqual(
    expect.arrayContaining([
      "function SettleOrder writes schedules Schedules",
      "function SettleOrder sends queue Wake-ups",
      "queue Wake-ups delivers function Dispatch",
      "schedules Schedules reads function Dispatch",
      "function Dispatch writes outbox Outbox",
    ]),
  );
  expect(shown).not.toContain("outbox Outbox reads function Dispatch");
});

test("who schedules without being a process is drawn, too, as its stack has registered it", () => {
  const stage = reached({ SchedulesTable: "later", SchedulesWakeUps: "wake" });
  const [process] = stage.registrations;
  const reminds = { ...process, name: "remind", accepts: [], publishes: ["orders.due.v1"], schedules: true };
  const others = { ...process, name: "echo" }; // it publishes what it accepts, and does not wait
  const registrations = [{ ...process, schedules: true }, reminds, others] as Reached["registrations"];
  const { edges } = flowOf(stageParts({ ...stage, registrations }), [queue]);
  const writers = edges.filter(({ to }) => to === "table later").map(({ from }) => from);
  expect(writers).toEqual(["settle-order", "remind"]);
  const ofOlder = flowOf(stageParts(stage), [queue]).edges.filter(({ to }) => to === "table later");
  expect(ofOlder.map(({ from }) => from)).toEqual(["settle-order"]);
});

test("where nothing is scheduled there is none of them", () => {
  const { nodes } = flowOf(stageParts(reached({})), [queue]);
  expect(nodes.filter(({ label }) => ["Schedules", "Wake-ups", "Dispatch"].includes(label))).toEqual([]);
});

function reached(foundation: Record<string, string>): Reached {
  const outputs = { "App-dev-Foundation": { OrderedOutboxTable: "outbox", ...foundation } };
  return {
    connection: { outputs } as unknown as Reached["connection"], // only its outputs are looked at
    ...{ queues: [queue], known: {} },
    registrations: [
      {
        ...{ name: "settle-order", queue: queue.queueUrl, elsewhere: [], stack: "App-dev-Orders" },
        ...{ accepts: [["orders.overdue.v1"]], publishes: ["orders.overdue.v1"] },
      },
    ],
  };
}
