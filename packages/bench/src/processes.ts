// What a process costs: a message that begins a wait, one that ends it before its time-out, and one that is ignored for good.
import { advance } from "@essentially-once/messaging/advance";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import { consumer } from "@essentially-once/messaging/internal/receive/consumer";
import { type Draft, messageType } from "@essentially-once/messaging/message-type";
import { type ProcessItem, process, stored } from "@essentially-once/messaging/process";
import { schedules } from "@essentially-once/messaging/schedules";
import * as z from "zod";
import { type BenchEngines, tables } from "./engines.ts";
import { type Leg, leg } from "./relay.ts";
import { invocation } from "./sqs-records.ts";
import { toBatches } from "./workloads.ts";

interface Bill extends ProcessItem {
  readonly status: "open" | "paid" | "late";
}

const shape = {
  schema: z.strictObject({ bill: z.string() }),
  key: (data: { readonly bill: string }) => data.bill,
};
const Billed = messageType({ type: "bench.billed.v1", ...shape });
const Paid = messageType({ type: "bench.paid.v1", ...shape });
const Overdue = messageType({ type: "bench.overdue.v1", ...shape });

const payBill = process({
  name: "pay-bill",
  accepts: [Billed, Paid, Overdue],
  publishes: [Overdue],
  schedules: [Overdue],
  table: stored<Bill>("BILLS_TABLE"),
  states: {
    none: {
      [Billed.type]: { to: "open", step: () => ({ change: {} }) },
      [Paid.type]: { park: "BILL_UNKNOWN" },
      [Overdue.type]: "ignored",
    },
    open: {
      timeout: { type: Overdue, data: ({ id }) => ({ bill: id }), after: { days: 1 } },
      [Billed.type]: "ignored",
      [Paid.type]: { to: "paid" },
      [Overdue.type]: { to: "late" },
    },
    paid: { final: true, every: "ignored" },
    late: { final: true, every: "ignored" },
  },
});

export async function measureProcesses(engines: BenchEngines, messages: number): Promise<Leg[]> {
  await engines.fresh();
  globalThis.process.env.BILLS_TABLE = tables.accounts;
  const handler = consumer(payBill)
    .use(idempotency({ evidence: inline({ table: tables.accounts }) }))
    .use(schedules())
    .handler(advance(payBill));
  const run = async (name: string, draft: (bill: string) => Draft) => {
    const batches = await toBatches(
      Array.from({ length: messages }, (_, n) => anEnvelope(draft(`bill-${n}`), `${name}-${n}`)),
    );
    return leg(name, messages, async () => {
      for (const batch of batches) await handler(batch, invocation());
    });
  };
  return [
    await run("process: a status with a time-out begins", (bill) => Billed.from({ bill })),
    await run("process: it ends before its time-out", (bill) => Paid.from({ bill })),
    await run("process: ignored in a final status", (bill) => Billed.from({ bill })),
  ];
}

function anEnvelope(draft: Draft, id: string): Envelope {
  return {
    ...draft,
    ...{ specversion: "1.0", id, source: "/bench", datacontenttype: "application/json" },
    ...{ time: new Date().toISOString(), correlationid: id, hops: 0 },
  } as Envelope;
}
