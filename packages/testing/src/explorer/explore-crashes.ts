// For handlers of your own: every single fault at every call of a run, in seconds, and the first one that breaks your
// invariant as an error that can be read.
import { describe } from "./account.ts";
import { explore, type Figures } from "./explore.ts";
import { type Harmless, ownCalls } from "./own-calls.ts";
import type { HandlerSource } from "./program.ts";
import type { OutgoingMessage, Sandbox, SandboxPlan } from "./sandbox.ts";
import type { Exclusions, Scenario } from "./scenario.ts";

export interface CrashScenario extends Omit<SandboxPlan, "queues"> {
  /** Whether the queue is FIFO. */
  readonly fifo?: boolean;
  /** What is there before, in the tables of the scenario. Runs share them: `unique` makes ids a run's own. */
  readonly given?: (sandbox: Sandbox, unique: string) => Promise<void>;
  /** What is sent to the handler. */
  readonly messages: (unique: string) => readonly (string | OutgoingMessage)[];
  /** Throws when something is not as it must be, once all is quiet: `expect` of vitest does. */
  readonly invariant: (sandbox: Sandbox, unique: string) => Promise<void>;
  /** Faults a schedule; 1 is every single fault, 2 every pair as well. */
  readonly depth?: 1 | 2;
  /** Kinds of fault that cannot happen to it, each with the reason why. */
  readonly without?: Exclusions;
  /**
   * Calls that the handler makes beside its unit of work and outside `effect()`, and that may happen again for one message,
   * each with the reason why: `{ "PUT /caches/*": "the same value again" }`. Every other one is reported.
   */
  readonly harmless?: Harmless;
}

/**
 * Runs a handler of a queue under every crash: the calls it makes are counted, and each is made to fail, to lose its
 * answer, to kill the process, to freeze it, to be throttled, to be delivered twice …; then the invariant must hold, and
 * no call that changes something may have happened twice for a message, unless the unit of work or `effect()` made it.
 * ```ts
 * await exploreCrashes("functions/credit/reserve-credit.ts", {
 *   tables: { CREDIT_TABLE: {} },
 *   given: (sandbox, unique) => sandbox.put("CREDIT_TABLE", { id: unique, version: 1, limit: 100, available: 100 }),
 *   messages: (unique) => [anOrder({ customerId: unique, total: 40 })],
 *   invariant: async (sandbox, unique) => expect(await sandbox.get("CREDIT_TABLE", unique)).toMatchObject({ available: 60 }),
 * });
 * ```
 * @throws Error with the shortest counterexample: which fault at which call, what then did not hold, what became of each
 *   message, and all calls with the handler's lines
 */
export async function exploreCrashes(handler: HandlerSource, scenario: CrashScenario): Promise<Figures> {
  return exploreUser(scenarioOf(handler, scenario), scenario);
}

/** The search for a handler of a user's. */
export async function exploreUser(
  scenario: Scenario,
  { depth = 1, harmless = {} }: Pick<CrashScenario, "depth" | "harmless">,
): Promise<Figures> {
  const own = ownCalls(harmless);
  const figures = await explore({ ...scenario, ownCalls: own }, { depth, violationsMax: 1 });
  const [counterexample] = figures.violations;
  if (counterexample) throw new Error(describe(counterexample));
  own.requireMade();
  return figures;
}

function scenarioOf(
  handler: HandlerSource,
  { fifo = false, given, messages, invariant, without, depth: _, harmless: __, ...plan }: CrashScenario,
): Scenario {
  return {
    name: typeof handler === "function" ? handler.name || "the handler" : String(handler),
    sandbox: { ...plan, queues: { main: { fifo } } },
    functions: [{ handler, by: { kind: "queue", queue: "main" } }],
    ...(without && { without }),
    async begin(sandbox, unique) {
      await given?.(sandbox, unique);
      const outgoing = messages(unique).map((one) => (typeof one === "string" ? { body: one } : one));
      await sandbox.send("main", ...outgoing);
      return {
        async violations() {
          try {
            await invariant(sandbox, unique);
            return [];
          } catch (error) {
            return [error instanceof Error ? error.message : String(error)];
          }
        },
      };
    },
  };
}
