// A signed message that is parked, and sent back by an operator when he has put things right. It crosses queues four times;
// wherever it is altered it takes no effect and ends among the dead letters for its signature. Else it takes effect once.
import type { Scenario, ScenarioFunction } from "@essentially-once/testing/internal/explorer/scenario";
import { bodiesOf } from "./deposits.ts";
import { alteredOnTheWay } from "./tampering.ts";

/** An operator who looks until he finds nothing more. */
export const operator: ScenarioFunction = {
  handler: "packages/proofs/scenarios/handlers/operator.ts",
  timeoutSeconds: 600,
  by: {
    kind: "schedule",
    everySeconds: 300,
    queue: "main",
    isQuiet: (response) => (response as { left: number }).left === 0,
  },
};

export function redriveScenario(): Scenario {
  return {
    name: "signed, parked and redriven",
    tampering: true,
    sandbox: { guarded: true, tables: { ACCOUNTS_TABLE: {} } },
    functions: [
      { handler: "packages/proofs/scenarios/handlers/guarded.ts", by: { kind: "queue", queue: "main" } },
      operator,
    ],
    async begin(sandbox, unique) {
      const bodies = bodiesOf(unique, [{ account: unique, amount: 13 }]);
      await sandbox.send("main", ...bodies.map((body) => ({ body })));
      return {
        environment: { ACCOUNT: unique, CONSUMER: "explored-guarded", OPERATION: "redrive", FORM: "rows" },
        async violations() {
          const altered = await alteredOnTheWay(sandbox, "main", bodies);
          const sum = Number((await sandbox.get("ACCOUNTS_TABLE", unique))?.sum ?? 0);
          const isRight = sum === 13 || (sum === 0 && altered.ids.length > 0);
          return [...(isRight ? [] : [`G7: the sum is ${sum}, and not 13`]), ...altered.violations];
        },
      };
    },
  };
}

/** A corrected message in the place of the parked one, or none: a copy of the old one that comes late takes no effect. */
export function givenUpScenario(
  operation: "edit" | "discard",
  { form = "rows" }: { form?: "rows" | "inline" } = {},
): Scenario {
  const wanted = operation === "edit" ? 20 : 0;
  return {
    name: `signed, parked and ${operation === "edit" ? "edited" : "discarded"}${form === "inline" ? ", inline" : ""}`,
    sandbox: { guarded: true, tables: { ACCOUNTS_TABLE: {} } },
    functions: [
      { handler: "packages/proofs/scenarios/handlers/guarded.ts", by: { kind: "queue", queue: "main" } },
      operator,
    ],
    async begin(sandbox, unique) {
      const [body = ""] = bodiesOf(unique, [{ account: unique, amount: 13 }]);
      await sandbox.send("main", { body });
      let isLate = false;
      return {
        environment: {
          ACCOUNT: unique,
          CONSUMER: "explored-guarded",
          OPERATION: operation,
          FORM: form,
          DEAD_LETTER_ID: `${unique}-1`,
        },
        async whenQuiet() {
          if (isLate) return false;
          isLate = true;
          await sandbox.send("main", { body });
          return true;
        },
        async violations() {
          const sum = Number((await sandbox.get("ACCOUNTS_TABLE", unique))?.sum ?? 0);
          const deadLetters = await sandbox.deadLetters("main");
          return [
            ...(sum === wanted ? [] : [`G2: the sum is ${sum}, and not ${wanted}`]),
            ...deadLetters.map(({ reason }) => `G6: a dead letter is left: ${reason}`),
          ];
        },
      };
    },
  };
}
