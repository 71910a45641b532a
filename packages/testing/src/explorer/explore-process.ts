// For processes of your own: every order in which its messages can arrive, each message twice and time-outs late, and every
// single fault on the shortest way to each transition. The table says what must come of it; nothing has to be written
// down again.
import type { Draft } from "@essentially-once/messaging/message-type";
import { noItem, type Process } from "@essentially-once/messaging/process";
import { describe } from "./account.ts";
import type { CrashScenario } from "./explore-crashes.ts";
import { openExplorer } from "./explorer.ts";
import type { Fault } from "./fault.ts";
import { modelOf } from "./process-model.ts";
import { decisionsOf, ordersOf, type Way as Reached, waysTo } from "./process-orders.ts";
import { idOf, itemIn, messagesOf, processScenario, type Script } from "./process-scenario.ts";
import type { HandlerSource } from "./program.ts";
import type { Run } from "./run.ts";
import type { Sandbox } from "./sandbox.ts";
import { furtherFaults, kindsOf, provesSomething } from "./schedules.ts";

export interface ProcessScenario
  extends Pick<CrashScenario, "tables" | "guarded" | "environment" | "open" | "fifo" | "without"> {
  /** Messages for one item: at least one of each accepted type, time-outs too; their `partitionkey` is `unique`. */
  readonly messages: (unique: string) => readonly Draft[];
  /** The item in which it begins, for each of its initial statuses. Unless given, the first message makes it. */
  readonly given?: (unique: string, status: string) => object;
  /** Throws when something is not as it must be, beside what the table says. */
  readonly invariant?: (sandbox: Sandbox, unique: string, item: object | undefined) => Promise<void>;
  /** So many orders of arrival at most; more than these are drawn by the seed. */
  readonly ordersMax?: number;
  readonly seed?: number;
}

export interface ProcessFigures {
  readonly orders: number;
  readonly schedules: number;
  /** Each decision of the table that was driven: `new on credit.credit-reserved.v1 → approved`. */
  readonly decisions: readonly string[];
}

const ordersMaxDefault = 60;

/**
 * Runs a process in every order of arrival, and under every crash on the way to each of its transitions.
 * ```ts
 * await exploreProcess(settleOrder, "functions/orders/settle-order.ts", {
 *   tables: { ORDERS_TABLE: { stream: true } },
 *   given: (unique, status) => anOrder({ id: unique, status }),
 *   messages: (orderId) => [CreditReserved.from({ orderId }), CreditDenied.from({ orderId }), CreditOverdue.from({ orderId })],
 * });
 * ```
 * @throws Error with the order and the fault after which item, messages or dead letters differ from the table; or with the
 *   decisions that these messages cannot come to
 */
export async function exploreProcess(
  process: Process,
  handler: HandlerSource,
  scenario: ProcessScenario,
): Promise<ProcessFigures> {
  const { ordersMax = ordersMaxDefault, seed = 1 } = scenario;
  const begins = beginsOf(process);
  const ways = waysOf(process, scenario, [...new Set([noItem, ...begins])]);
  let script: Script = { begin: noItem, order: [] };
  const explorer = await openExplorer(processScenario(process, handler, scenario, () => script));
  let orders = 0;
  let schedules = 0;
  try {
    for (const begin of begins) await runOrders(begin, Math.ceil(ordersMax / begins.length));
    for (const way of ways) await (way.moves ? runFaults(way) : run(way));
  } finally {
    await explorer.close();
  }
  return { orders, schedules, decisions: ways.map(({ name }) => name) };

  /** Without faults: each order, and then every message once more. */
  async function runOrders(begin: string, max: number): Promise<void> {
    for (const order of ordersOf(scenario.messages("x").length, { max, seed })) {
      await run({ begin, order: [...order, ...order] });
      orders++;
    }
  }

  /** Every single fault in what the last message causes; then it is delivered once more. */
  async function runFaults({ begin, order }: Way): Promise<void> {
    const before = await run({ begin, order: order.slice(0, -1) });
    const again = { begin, order: [...order, ...order.slice(-1)] };
    const whole = await run(again);
    const last = { ...whole, calls: whole.calls.slice(before.calls.length) };
    for (const fault of furtherFaults(last, [], kindsOf(explorer.scenario))) {
      if (provesSomething(fault, explorer.scenario)) await run(again, [fault]);
    }
  }

  async function run(next: Script, faults: readonly Fault[] = []): Promise<Run> {
    script = next;
    const run = await explorer.run(faults);
    schedules++;
    if (run.violations.length === 0) return run;
    throw new Error(describe({ ...run, scenario: explorer.scenario.name, faults }));
  }
}

interface Way extends Reached {
  readonly begin: string;
}

/** For each decision of the table the shortest way to it. @throws Error naming those that the messages never come to */
function waysOf(process: Process, scenario: ProcessScenario, begins: readonly string[]): Way[] {
  const ways = new Map<string, Way>();
  for (const begin of begins) {
    const messages = messagesOf(scenario, "x");
    const item = itemIn(scenario, begin, { unique: "x", id: idOf(process, messages) });
    for (const way of waysTo(process, modelOf(process, item), messages).values()) {
      if (!ways.has(way.name)) ways.set(way.name, { ...way, begin });
    }
  }
  const missed = decisionsOf(process).filter((one) => !ways.has(one));
  if (missed.length === 0) return [...ways.values()];
  throw new Error(`${process.name}: these messages never come to ${missed.join("; ")}: add some that do`);
}

/** The statuses that a run can begin in: that without an item, when a message can make one, and those of `begin`. */
function beginsOf({ rows, initial }: Process): string[] {
  const made = [...(rows.get(noItem)?.cells.values() ?? [])].some(({ kind }) => kind === "move");
  return [...(made || initial.length === 0 ? [noItem] : []), ...initial];
}
