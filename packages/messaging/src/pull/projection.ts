// Pull: journal → state. The consumer owns its place in the log: nothing is pushed, acknowledged or lost, and
// what it made can be made again from the beginning.
//
//   G4. Partitions are pulled side by side; a failure holds its own partition and no other.
//   G10. The offset never passes a record whose effect is not committed, and never goes back.
//   G10. A rebuild begins at 0 in a generation of its own while the old one serves, and takes over when it is even.
import type { Context } from "aws-lambda";
import { processBatch } from "../aws/batch.ts";
import type { MessageMiddleware } from "../commit/delivery.ts";
import type { UnitOfWork } from "../commit/unit-of-work.ts";
import { nowMs } from "../core/clock.ts";
import { wholeNumber } from "../core/whole-number.ts";
import { type Contract, checkDeployed, type TypeOf, typesOf } from "../envelope/contract.ts";
import { log } from "../observe/log.ts";
import { type MessageOf, messageChain } from "../receive/chain.ts";
import { observed } from "../receive/observed.ts";
import { generationPrefix, generationStore, type ProjectionState, stateOf } from "./generation.ts";
import type { Journal } from "./journal.ts";
import { offsets } from "./offset.ts";
import { afterEffect, withState } from "./offset-modes.ts";
import { pullPartition } from "./pull.ts";

export interface ProjectionOptions {
  readonly journal: Journal;
  /** Partition key `id`: keeps offsets, generations and what is parked, and the state of `with-state`. */
  readonly table: string;
  /**
   * `with-state`: the unit of work commits with the offset, so every record takes effect once.
   * `after-effect`: what the handler does is done when it returns, then the offset is saved; a crash between
   * repeats that one record, so the effect must be idempotent.
   */
  readonly offset?: "with-state" | "after-effect";
  /**
   * `stop`: a record that can never succeed holds its partition, and every run fails, until the code can take
   * it. `park`: it is kept in the table with its reason, and its successors go on without it.
   */
  readonly onPoison?: "stop" | "park";
  /** Where the handler's messages go; by default what ORDERED_OUTBOX_TABLE names. */
  readonly outboxTable?: string;
  /** Records read at once, 1 to 1000. */
  readonly pageSize?: number;
  /** Pages a partition and run, 1 to 1000; the rest is for the next run. */
  readonly pagesMax?: number;
}

/** Like the work of a queue's consumer, with the state of the generation that it is done for. */
export type PullWork<Of extends Contract> = (
  message: MessageOf<Of["accepts"][number]>,
  unit: UnitOfWork<TypeOf<Of["publishes"]>>,
  state: ProjectionState,
) => Promise<void>;

export interface ProjectionRun {
  readonly serving: number;
  readonly building?: number;
  /** How many records took effect in this run. */
  readonly records: number;
}

export interface Projection<Of extends Contract> {
  /** Adds a middy middleware around each record, outermost first. */
  use<More>(middleware: MessageMiddleware<More>): Projection<Of>;
  /** The Lambda handler for a schedule; invoked with `{ "rebuild": true }` it begins the next generation. */
  handler(work: PullWork<Of>): (event: unknown, context: Context) => Promise<ProjectionRun>;
}

const resolved = { offset: "with-state", onPoison: "stop", pageSize: 100, pagesMax: 100 } as const;

/** Kept back from the function's timeout to answer. */
const answerMs = 500;

/**
 * A consumer that pulls from the journal. It acts on the types that its contract accepts and passes by all others; its
 * name is the scope of offsets and state: a projection that is renamed begins at the journal's beginning.
 * ```ts
 * export const handler = projection(countTotals, { journal: journal(), table })
 *   .handler(async ({ data }, unit, state) => {
 *     const totals = state<Total>("total");
 *     const total = (await totals.get(data.customerId)) ?? { id: data.customerId, version: 0, cents: 0 };
 *     unit.write(totals.save({ ...total, cents: total.cents + data.total }));
 *   });
 * ```
 * @throws Error naming the option that is out of range
 */
export function projection<Of extends Contract>(contract: Of, options: ProjectionOptions): Projection<Of> {
  const settings = resolve(options);
  const { name } = contract;
  const { journal, table, outboxTable } = settings;
  const types = new Set(typesOf(contract.accepts)); // a journal keeps what older versions said
  const middlewares: MessageMiddleware[] = [];
  const built: Projection<Of> = {
    use(middleware) {
      middlewares.push(middleware as MessageMiddleware);
      return built;
    },

    handler(work) {
      checkDeployed(contract);
      const generations = generationStore({ name, table });
      return observed(name, middlewares, async function pull(event: unknown, context) {
        if (isRebuild(event)) return { ...(await generations.rebuild()), records: 0 };
        const deadlineMs = nowMs() + Math.max(0, context.getRemainingTimeInMillis() - answerMs);
        await journal.checkPartitions(); // before anything is left out
        const now = await generations.read();
        const served = await run(now.serving);
        if (now.building === undefined) return { ...now, records: served.records };

        const rebuilt = await run(now.building);
        if (rebuilt.caughtUp) await generations.serve(now);
        return { ...(await generations.read()), records: served.records + rebuilt.records };

        async function run(generation: number): Promise<Run> {
          const prefix = generationPrefix(name, generation);
          const state = stateOf({ name, table }, generation);
          const places = offsets({ table, prefix });
          const perform = (settings.offset === "with-state" ? withState : afterEffect)({
            contract,
            prefix,
            chain: messageChain({
              contract,
              middlewares,
              work: async (message, unit) => work(message, unit, state),
            }),
            offsets: places,
            publishes: generation === now.serving,
            outboxTable,
          });
          return pullAll(journal, deadlineMs, prefix, (partition) =>
            pullPartition(
              { ...settings, types, partition, prefix, offsets: places, perform, deadlineMs },
              context,
            ),
          );
        }
      });
    },
  };
  return built;
}

interface Run {
  readonly records: number;
  readonly caughtUp: boolean;
}

/** @throws Error when a partition stopped or did not come back in time: the function's errors raise its alarm */
async function pullAll(
  journal: Journal,
  deadlineMs: number,
  prefix: string,
  pullOne: (partition: number) => ReturnType<typeof pullPartition>,
): Promise<Run> {
  let records = 0;
  let caughtUp = 0;
  const partitions = Array.from({ length: journal.partitions }, (_, partition) => partition);
  const stopped = await processBatch(partitions, {
    deadlineMs,
    keyOf: String,
    async unfinished(partition, ranMs) {
      log("error", "UNFINISHED", { projection: prefix, partition, ranMs });
      return false;
    },
    async work(partition) {
      const pulled = await pullOne(partition);
      records += pulled.records;
      if (pulled.end === "caught-up") caughtUp++;
      return pulled.end !== "stopped";
    },
  });
  if (stopped.length > 0) {
    throw new Error(`${prefix} stopped in partitions ${stopped.join(", ")}; the log says where and why`);
  }
  return { records, caughtUp: caughtUp === journal.partitions };
}

function resolve(options: ProjectionOptions) {
  const settings = { ...resolved, outboxTable: undefined, ...options };
  for (const option of ["pageSize", "pagesMax"] as const) {
    wholeNumber(option, settings[option], { min: 1, max: 1_000 });
  }
  return settings;
}

function isRebuild(event: unknown): boolean {
  return Object(event).rebuild === true;
}
