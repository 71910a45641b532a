// Strategies of a consumer that pulls: where its place in the log is saved. The log has two deposits.
import type { Handler } from "@essentially-once/testing/internal/explorer/program";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { type Calls, creditWrite, openCalls, putWrite } from "./calls.ts";
import type { Strategy } from "./strategy.ts";

interface Entry {
  readonly account: string;
  readonly place: number;
  readonly amount: number;
}

type Apply = (entry: Entry, calls: Calls) => Promise<void>;

const amounts = [100, 10];

export const pullStrategies: readonly Strategy[] = [
  {
    name: "offset saved apart from the state, effect not idempotent",
    because: "a crash between the two writes doubles or skips the effect",
    holds: false,
    scenario: pullScenario("pulled, then the offset", async ({ account, place, amount }, calls) => {
      await calls.transact(creditWrite(account, amount));
      await calls.put("evidence", { id: account, offset: place });
    }),
  },
  {
    name: "offset in the state's transaction, from where it was read",
    because: "the write of a worker that was overtaken fails",
    holds: true,
    scenario: pullScenario("pulled with the offset", async ({ account, place, amount }, calls) => {
      const offset = putWrite(
        "evidence",
        { id: account, offset: place },
        { when: { offset: before(place) } },
      );
      await calls.transact(offset, creditWrite(account, amount));
    }),
  },
];

function before(place: number): number | undefined {
  return place === 1 ? undefined : place - 1;
}

function pullScenario(name: string, apply: Apply): Scenario {
  return {
    name,
    sandbox: { tables: { ACCOUNTS_TABLE: {} } },
    functions: [
      {
        name: "pull",
        handler: () => puller(apply),
        by: { kind: "schedule", everySeconds: 60, isQuiet: (pulled) => pulled === 0 },
      },
    ],
    async begin(sandbox, unique) {
      const account = `a-${unique}`;
      return {
        environment: { ACCOUNT: account },
        async violations() {
          const { sum = 0 } = (await sandbox.get("ACCOUNTS_TABLE", account)) ?? {};
          return sum === 110 ? [] : [`G10: the account holds ${sum} and not 110`];
        },
      };
    },
  };
}

function puller(apply: Apply): Handler {
  const calls = openCalls();
  return async function pull(): Promise<number> {
    const account = process.env.ACCOUNT ?? "";
    const { offset = 0 } = (await calls.get("evidence", account)) ?? {};
    const entries = amounts.map((amount, index) => ({ account, amount, place: index + 1 }));
    const open = entries.filter(({ place }) => place > Number(offset));
    for (const entry of open) await apply(entry, calls);
    return open.length;
  };
}
