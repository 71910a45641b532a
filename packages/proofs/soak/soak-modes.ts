// What is soaked: a consumer of each mode, with as many messages as a world has, and what must hold at its end.

import type { Sandbox } from "@essentially-once/testing/internal/explorer/sandbox";
import type { Ending, Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { bodiesOf, type Deposit, evidenceAndEffect, nothingParked, sums } from "../scenarios/deposits.ts";
import type { World } from "./world.ts";

export interface SoakMode {
  readonly name: string;
  readonly handler: string;
  /** How many functions work on the messages at the same time. */
  readonly workers: number;
  readonly accounts: number;
  readonly stream?: boolean;
  readonly numbered?: boolean;
  violations(told: Told): Promise<readonly string[]>;
}

interface Told {
  readonly sandbox: Sandbox;
  readonly unique: string;
  readonly deposits: readonly Deposit[];
  readonly logs: readonly Readonly<Record<string, unknown>>[];
}

const queue = "main";

export const soakModes: readonly SoakMode[] = [
  { name: "rows, group commit", handler: "rows", workers: 1, accounts: 3, violations: rowsHold },
  { name: "rows, each alone", handler: "rows-alone", workers: 2, accounts: 2, violations: rowsHold },
  { name: "inline, by ids", handler: "inline", workers: 2, accounts: 2, stream: true, violations: itemsHold },
  {
    name: "inline, by sequence",
    handler: "sequence",
    workers: 1,
    accounts: 1,
    stream: true,
    numbered: true,
    violations: orderHolds,
  },
  {
    name: "at most once",
    handler: "at-most-once",
    workers: 2,
    accounts: 1,
    violations: countHolds,
  },
];

/** @param world the world of the run that is about to begin */
export function soakScenario(mode: SoakMode, world: () => World): Scenario {
  return {
    name: mode.name,
    sandbox: {
      tables: { ACCOUNTS_TABLE: mode.stream ? { stream: true } : {} },
      queues: { [queue]: {} },
    },
    functions: [
      {
        handler: `packages/proofs/scenarios/handlers/${mode.handler}.ts`,
        by: { kind: "queue", queue, workers: mode.workers },
      },
    ],
    async begin(sandbox, unique): Promise<Ending> {
      const { deposits: planned, again } = world();
      const deposits = planned.map(({ account, amount }) => ({ account: `a${account}-${unique}`, amount }));
      const bodies = bodiesOf(unique, deposits, { numbered: mode.numbered ?? false });
      const copies = again.map((place) => bodies[place % bodies.length] as string);
      await sandbox.send(queue, ...[...bodies, ...copies].map((body) => ({ body })));
      return {
        violations: async ({ logs }) => [
          ...(await mode.violations({ sandbox, unique, deposits, logs })),
          ...(await nothingParked(sandbox, queue)),
        ],
      };
    },
  };
}

async function rowsHold({ sandbox, unique, deposits }: Told): Promise<string[]> {
  const depositRun = { queue, consumer: "explored-rows", unique, deposits };
  return [...(await sums(sandbox, deposits)), ...(await evidenceAndEffect(sandbox, depositRun))];
}

async function itemsHold({ sandbox, deposits }: Told): Promise<string[]> {
  return sums(sandbox, deposits);
}

async function orderHolds({ sandbox, deposits }: Told): Promise<string[]> {
  const { history = [] } = (await sandbox.get("ACCOUNTS_TABLE", deposits[0]?.account ?? "")) ?? {};
  const wanted = deposits.map(({ amount }) => amount);
  return String(history) === String(wanted) ? [] : [`G4: the history is ${history} and not ${wanted}`];
}

/** What is missing from the sum are the amounts of messages whose loss was counted. */
async function countHolds({ sandbox, unique, deposits, logs }: Told): Promise<string[]> {
  const { sum = 0 } = (await sandbox.get("ACCOUNTS_TABLE", deposits[0]?.account ?? "")) ?? {};
  const lost = new Set(logs.filter(({ code }) => code === "LOST").map(({ messageId }) => messageId));
  const wanted = deposits.reduce((all, { amount }) => all + amount, 0);
  const losable = deposits.filter((_, index) => lost.has(`${unique}-${index + 1}`));
  const least = wanted - losable.reduce((all, { amount }) => all + amount, 0);
  return Number(sum) >= least && Number(sum) <= wanted
    ? []
    : [
        `G9: the count is ${sum}, and must lie between ${least} and ${wanted}: ${lost.size} losses were counted`,
      ];
}
