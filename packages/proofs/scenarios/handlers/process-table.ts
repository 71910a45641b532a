// The table of the explored process, and its messages.
import { messageType } from "@essentially-once/messaging/message-type";
import { type ProcessItem, process, stored } from "@essentially-once/messaging/process";
import * as z from "zod";

export interface Bill extends ProcessItem {
  readonly status: "open" | "late" | "paid" | "withdrawn";
  readonly due: number;
}

const only = z.strictObject({ bill: z.string() });
const withAmount = z.strictObject({ bill: z.string(), amount: z.int() });
const key = (data: { readonly bill: string }) => data.bill;
export const Billed = messageType({ type: "explored.billed.v1", schema: withAmount, key });
export const Paid = messageType({ type: "explored.paid.v1", schema: withAmount, key });
export const Extended = messageType({ type: "explored.extended.v1", schema: only, key });
export const Withdrawn = messageType({ type: "explored.withdrawn.v1", schema: only, key });
export const Overdue = messageType({ type: "explored.overdue.v1", schema: only, key });
export const Receipt = messageType({ type: "explored.receipt.v1", schema: withAmount, key });
export const Reminder = messageType({ type: "explored.reminder.v1", schema: withAmount, key });

const done = { final: true, every: "ignored" } as const;

export const payBill = process({
  name: "pay-bill",
  accepts: [Billed, Paid, Extended, Withdrawn, Overdue],
  publishes: [Receipt, Reminder, Overdue],
  schedules: [Overdue],
  table: stored<Bill>("BILLS_TABLE"),
  states: {
    none: {
      [Billed.type]: { to: "open", step: ({ data }) => ({ change: { due: data.amount } }) },
      [Paid.type]: { park: "BILL_UNKNOWN" },
      [Extended.type]: "ignored",
      [Withdrawn.type]: { park: "BILL_UNKNOWN" },
      [Overdue.type]: "ignored",
    },
    open: {
      timeout: { type: Overdue, data: ({ id }) => ({ bill: id }), after: { minutes: 1 } },
      [Billed.type]: "ignored",
      [Paid.type]: {
        oneOf: ["open", "paid"],
        choose: ({ data: { bill, amount } }, { due }) => ({
          to: amount < due ? "open" : "paid",
          change: { due: due - amount },
          publish: [Receipt.from({ bill, amount })],
        }),
      },
      [Extended.type]: "ignored",
      [Withdrawn.type]: { to: "withdrawn" },
      [Overdue.type]: {
        to: "late",
        step: (_overdue, { id, due }) => ({ publish: [Reminder.from({ bill: id, amount: due })] }),
      },
    },
    late: {
      timeout: "none",
      [Billed.type]: "ignored",
      [Paid.type]: { park: "BILL_LATE" },
      [Extended.type]: { to: "open" },
      [Withdrawn.type]: { to: "withdrawn" },
      [Overdue.type]: "ignored",
    },
    paid: done,
    withdrawn: done,
  },
});
