// A payment and a time-out of one bill meet: one of them decides, and the other finds the decision.
import { asciiJson } from "@essentially-once/messaging/envelope";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { Overdue, Paid } from "./handlers/process-table.ts";

export function processScenario({ evidence = "inline", workers = 1 } = {}): Scenario {
  const handler = evidence === "inline" ? "process" : "process-rows";
  return {
    name: `process, evidence ${evidence === "inline" ? "in its item" : "in rows"}`,
    sandbox: { tables: { BILLS_TABLE: { stream: true } } },
    functions: [
      {
        handler: `packages/proofs/scenarios/handlers/${handler}.ts`,
        by: { kind: "queue", queue: "main", workers },
      },
    ],
    async begin(sandbox, unique) {
      const bill = `b-${unique}`;
      const item = { id: bill, version: 1, status: "open", due: 100, enteredBy: "began" };
      await sandbox.put("BILLS_TABLE", item);
      const ids = { paid: `${unique}-paid`, late: `${unique}-late` };
      const paid = anEnvelope({ ...Paid.from({ bill, amount: 100 }), id: ids.paid });
      const late = anEnvelope({
        ...Overdue.from({ bill }),
        id: ids.late,
        source: "/pay-bill",
        causationid: "began",
      });
      await sandbox.send("main", { body: asciiJson(paid) }, { body: asciiJson(late) });
      return {
        async violations() {
          const { status } = (await sandbox.get("BILLS_TABLE", bill)) ?? {};
          const left = [...(await sandbox.published(ids.paid)), ...(await sandbox.published(ids.late))];
          const deadLetters = await sandbox.deadLetters("main"); // two deliveries at once may both park
          const parked = [...new Set(deadLetters.map(({ reason }) => reason))];
          const found = `${status}; left: ${left.map(({ type }) => type)}; parked: ${parked}`;
          return ways.includes(found) ? [] : [`G14: the bill is ${found}`];
        },
      };
    },
  };
}

/** The payment was first, or the time-out was; nothing in between. */
const ways = [
  "paid; left: explored.receipt.v1; parked: ",
  "late; left: explored.reminder.v1; parked: BILL_LATE",
];
