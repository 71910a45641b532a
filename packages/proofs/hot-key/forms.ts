// Every form in which the kit keeps evidence, at a hot key: what runs, and what must hold when all is quiet.
import type { Sandbox } from "@essentially-once/testing/internal/explorer/sandbox";
import { type Deposit, sums } from "../scenarios/deposits.ts";
import { type HotKey, type HotKeyFigures, runHotKey } from "./hot-key.ts";

export interface Form extends Pick<HotKey, "handler" | "groups" | "numbered" | "tables"> {
  readonly name: string;
  /** By default the account holds what was paid in. */
  readonly violations?: (sandbox: Sandbox, deposits: readonly Deposit[]) => Promise<string[]>;
}

export const forms: readonly Form[] = [
  { name: "rows, group commit", handler: "scenarios/handlers/rows.ts" },
  { name: "rows, each alone", handler: "scenarios/handlers/rows-alone.ts" },
  { name: "inline, by ids", handler: "scenarios/handlers/inline.ts" },
  { name: "inline, by sequence", handler: "scenarios/handlers/sequence.ts", numbered: true },
  { name: "an effect under a lease", handler: "hot-key/handlers/effect.ts" },
  { name: "at most once", handler: "scenarios/handlers/at-most-once.ts" },
  { name: "FIFO, the account of many groups", handler: "scenarios/handlers/fifo.ts", groups: 30 },
  {
    name: "event log",
    handler: "hot-key/handlers/event-log.ts",
    tables: { JOURNAL_TABLE: { sortKey: "sequence" } },
    violations: inJournal,
  },
];

export interface Size {
  readonly messages: number;
  readonly environments: number;
  readonly batchSize?: number;
  readonly attemptsMax: number;
  readonly seed?: number;
}

export interface HotFigures extends HotKeyFigures {
  readonly violations: readonly string[];
}

/** No fault is injected: a message that is parked, lost, or takes effect twice is a violation. */
export async function proveForm(
  { violations = sums, name: _, ...form }: Form,
  size: Size,
): Promise<HotFigures> {
  return runHotKey({ ...form, ...size }, async (sandbox, figures) => {
    const lost = figures.logs.filter(({ code }) => code === "LOST").length;
    return {
      ...figures,
      violations: [
        ...figures.parked.map((reason) => `G6: a good message is parked: ${reason}`),
        ...(lost > 0 ? [`G9: ${lost} messages are lost, and nothing failed`] : []),
        ...(await violations(sandbox, figures.deposits)),
      ],
    };
  });
}

async function inJournal(sandbox: Sandbox, deposits: readonly Deposit[]): Promise<string[]> {
  const entries = (await sandbox.items("JOURNAL_TABLE")).filter(({ sequence }) => Number(sequence) > 0);
  return entries.length === deposits.length
    ? []
    : [`G2: the journal has ${entries.length} entries of ${deposits.length} messages`];
}
