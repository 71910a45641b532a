// The process that is explored as a user's would be: its messages come in any order, each twice, and time-outs late.
import { exploreProcess, type ProcessFigures } from "@essentially-once/testing/explore-process";
import { Billed, Extended, Overdue, Paid, payBill, Withdrawn } from "./handlers/process-table.ts";

/** Where the evidence is: in its item, or in rows. */
export const billForms = ["process", "process-rows"] as const;

/** @throws Error with the order and the fault after which something differs from the table */
export function exploreBills(
  form: (typeof billForms)[number],
  { ordersMax, seed = 1 }: { readonly ordersMax: number; readonly seed?: number },
): Promise<ProcessFigures> {
  return exploreProcess(payBill, `packages/proofs/scenarios/handlers/${form}.ts`, {
    tables: { BILLS_TABLE: { stream: true } },
    messages: (bill) => [
      Billed.from({ bill, amount: 100 }),
      Paid.from({ bill, amount: 30 }),
      Extended.from({ bill }),
      Withdrawn.from({ bill }),
      Overdue.from({ bill }),
      Paid.from({ bill, amount: 100 }),
    ],
    ordersMax,
    seed,
  });
}
