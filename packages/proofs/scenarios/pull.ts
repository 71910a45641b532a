// Pull under faults: three deposits of a journal, in order, each once; the offset at the end; and a rebuild that comes
// to the same while the first generation serves.

import { readEnvelope } from "@essentially-once/messaging/envelope";
import { journal } from "@essentially-once/messaging/journal";
import type { Sandbox } from "@essentially-once/testing/internal/explorer/sandbox";
import type { Scenario, ScenarioFunction } from "@essentially-once/testing/internal/explorer/scenario";
import { bodiesOf } from "./deposits.ts";

export type PullForm = "with-state" | "after-effect" | "rebuild";

const amounts = [100, 10, 1];

export function pullScenario(form: PullForm, { workers = 1 } = {}): Scenario {
  const file = form === "after-effect" ? "after-effect" : "projection";
  const handler = `packages/proofs/scenarios/handlers/${file}.ts`;
  const pull: ScenarioFunction = {
    handler,
    by: { kind: "schedule", everySeconds: 60, workers, isQuiet },
  };
  const begin: ScenarioFunction = {
    handler,
    by: { kind: "schedule", everySeconds: 60, event: { rebuild: true }, once: true },
  };
  return {
    name: `pull, ${form}`,
    without: {
      busy: "a record of a journal has no attempts: a run that is held is begun again by the schedule",
    },
    sandbox: { tables: { JOURNAL_TABLE: { sortKey: "sequence" }, ACCOUNTS_TABLE: {} } },
    functions: form === "rebuild" ? [begin, pull] : [pull],
    async begin(sandbox, unique) {
      const name = `j-${unique}`;
      const deposits = amounts.map((amount) => ({ account: `a-${unique}`, amount }));
      const log = journal({
        name,
        partitions: 1,
        table: sandbox.table("JOURNAL_TABLE"),
        client: sandbox.clients.dynamodb,
      });
      const messages = bodiesOf(unique, deposits).map((body) => ({ body, envelope: readEnvelope(body) }));
      await log.append(messages, { deadlineMs: Date.now() + 10_000 });
      return {
        environment: { JOURNAL_NAME: name },
        violations: async () => [
          ...(form === "after-effect"
            ? [...(await offsetAtEnd(sandbox, `${name}@1`)), ...(await putEach(sandbox, unique))]
            : await servedState(sandbox, name, unique, form === "rebuild" ? 2 : 1)),
        ],
      };
    },
  };
}

/** Nothing was pulled, and nothing is being built. */
function isQuiet(response: unknown): boolean {
  const { records, building } = response as { records: number; building?: number };
  return records === 0 && building === undefined;
}

async function offsetAtEnd(sandbox: Sandbox, prefix: string): Promise<string[]> {
  const { offset = 0 } = (await sandbox.get("ACCOUNTS_TABLE", `${prefix}#offset#0`)) ?? {};
  return offset === amounts.length ? [] : [`G10: the offset is ${offset} and not ${amounts.length}`];
}

/** A command that was repeated because its answer was lost may have had one more generation built. */
async function servedState(sandbox: Sandbox, name: string, unique: string, from: number): Promise<string[]> {
  const generations = await sandbox.get("ACCOUNTS_TABLE", `${name}#generations`);
  const serving = Number(generations?.serving ?? 1);
  const prefix = `${name}@${serving}`;
  const { history = [] } = (await sandbox.get("ACCOUNTS_TABLE", `${prefix}#account#a-${unique}`)) ?? {};
  return [
    ...(await offsetAtEnd(sandbox, prefix)),
    ...(serving >= from && generations?.building === undefined
      ? []
      : [`G10: ${JSON.stringify(generations)} serves, and not generation ${from} alone`]),
    ...(String(history) === String(amounts)
      ? []
      : [`G2: generation ${serving} has the deposits ${history}, and not ${amounts}`]),
  ];
}

async function putEach(sandbox: Sandbox, unique: string): Promise<string[]> {
  const items = await Promise.all(
    amounts.map((amount) => sandbox.get("ACCOUNTS_TABLE", `a-${unique}#${amount}`)),
  );
  return items.every(Boolean) ? [] : ["G10: the offset passed a record without its effect"];
}
