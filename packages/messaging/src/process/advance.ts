// Runs a process: one message, one row of its table, one write.
//
//   G2. The item is saved under the version that it was decided on, with the evidence of the consumer's chain.
//   G12. The time-out of a wait is scheduled and cancelled in the same commit.
//   G14. A message that is ignored where it may matter later leaves evidence too: delivered again, it stays ignored; before there is
//   an item, with evidence in rows only. A time-out ends the wait that it was scheduled for: no later one of the same status, and
//   none of another process that waits with the same type.
import type { UnitOfWork } from "../commit/unit-of-work.ts";
import { type VersionedTable, versionedTable } from "../commit/versioned-table.ts";
import { environment } from "../core/environment.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import type { Envelope } from "../envelope/envelope.ts";
import type { Work } from "../receive/chain.ts";
import type { Schedules } from "../schedule/schedules.ts";
import type { Scheduling } from "../schedule/scheduling.ts";
import { noItem, type Process, type ProcessItem } from "./process.ts";
import { mayMove } from "./reach.ts";
import type { ReadCell } from "./read-row.ts";
import { scheduleTimeout, type Timers, timersOf, waitOf } from "./timers.ts";

/** A process with time-outs needs `.use(schedules())`: without it, its handler does not compile. */
type Needs<Of extends Process> = NonNullable<Of["schedules"]> extends readonly [] ? unknown : Schedules;

/**
 * The handler of a process.
 * ```ts
 * export const handler = consumer(settleOrder)
 *   .use(guards())
 *   .use(idempotency({ evidence: inline({ table: environment("ORDERS_TABLE") }) }))
 *   .use(schedules())
 *   .handler(advance(settleOrder));
 * ```
 * With a `key` of its own, the process hands it to `inline` as well: `inline({ table, itemOf: settleOrder.key })`.
 */
export function advance<Of extends Process>(process: Of): Work<Of, void, Needs<Of>> {
  const items: VersionedTable<ProcessItem> = versionedTable(environment(process.table.variable));
  const timers = timersOf(process);
  return async function advanceOne(received, given) {
    const message = received as Envelope;
    const unit = given as UnitOfWork & Scheduling;
    const id = process.key(message);
    const item = await items.get(id);
    const status = item?.status ?? noItem;
    const cell = cellFor(process, status, message.type);
    if (isLate(process.name, timers, item, message)) return;
    if (cell.kind === "parked") throw new Park(cell.code, `${process.name} ${id} is ${status}`);
    if (cell.kind === "ignored") {
      if (item && mayMove(process.rows, status, message.type)) unit.write(items.save(item));
      return;
    }
    await move(process, { cell, message, item: item ?? { id, version: 0, status }, items, timers, unit });
  };
}

/** Of a row that a newer release made, this one knows nothing: the message waits for the deployment to end. */
function cellFor({ name, rows }: Process, status: string, type: string): ReadCell {
  const cell = rows.get(status)?.cells.get(type);
  if (cell) return cell;
  const lastly = new Park("STATUS_UNKNOWN", `${name} has no status ${status}`);
  throw new RetryLater("STATUS_UNKNOWN", undefined, { lastly });
}

/** A time-out of another wait: one that ended while it was on its way, or another process' own. */
function isLate(
  name: string,
  timers: Timers,
  item: ProcessItem | undefined,
  { type, source, causationid }: Envelope,
): boolean {
  if (item === undefined || timers.get(item.status)?.type.type !== type) return false;
  const { enteredBy, begunBy } = item;
  const own = enteredBy === undefined ? begunBy : waitOf(name, enteredBy);
  return own !== undefined && `${source} ${causationid}` !== own; // an earlier release did not say who began it
}

interface Moving {
  readonly cell: Extract<ReadCell, { kind: "move" }>;
  readonly message: Envelope;
  readonly item: ProcessItem;
  readonly items: VersionedTable<ProcessItem>;
  readonly timers: Timers;
  readonly unit: UnitOfWork & Omit<Scheduling, "cancel"> & Partial<Pick<Scheduling, "cancel">>;
}

async function move(process: Process, { cell, message, item, items, timers, unit }: Moving): Promise<void> {
  const { id, version, status, enteredBy } = item;
  const { to: chosen, change, publish = [], write = [] } = cell.step(message, item);
  const wanted = chosen ?? (cell.to.length === 1 ? cell.to[0] : undefined);
  const to = cell.to.find((one) => one === wanted);
  if (to === undefined) {
    throw new Park(
      "STATUS_UNDECLARED",
      `${process.name} on ${message.type} may lead to ${cell.to.join(", ")}, got ${wanted}`,
    );
  }
  const next = { ...item, ...change, id, version, status: to };
  if (to !== status) {
    const wasSent = timers.get(status)?.type.type === message.type;
    // Without `cancel`, this release has no time-outs, and the one before it had.
    if (enteredBy !== undefined && !wasSent) await unit.cancel?.(id);
    const waits = scheduleTimeout(timers, unit, next);
    next.enteredBy = waits ? message.id : undefined;
    if (next.begunBy !== undefined) next.begunBy = undefined;
  }
  unit.write(items.save(next), ...write);
  unit.publish(...publish);
}
