// Begins a process from outside: a request or another consumer makes its item, with the first time-out.
//
//   G1. Item, time-out and everything else of the unit of work commit together.
import type { UnitOfWork } from "../commit/unit-of-work.ts";
import { versionedTable } from "../commit/versioned-table.ts";
import { environment } from "../core/environment.ts";
import type { Scheduling } from "../schedule/scheduling.ts";
import type { Process, ProcessItem } from "./process.ts";
import { scheduleTimeout, timersOf, waitOf } from "./timers.ts";

/**
 * Makes the items of a process in one of its `initial` statuses. The time-out belongs to the function that begins: its contract
 * lists it under `publishes` and `schedules`. It waits under the key `<name of the process>/<id of the item>`. The process does not
 * cancel it, and ignores it or decides it by its table.
 * ```ts
 * const beginOrder = begin(settleOrder);
 * …
 * beginOrder(unit, newOrder(request.data)); // in a handler with .use(schedules())
 * ```
 * @throws Error when the process may not begin in the item's status
 */
export function begin<Item extends ProcessItem>(
  process: Process<Item>,
): (unit: UnitOfWork & Pick<Scheduling, "schedule">, item: Item) => void {
  const items = versionedTable<Item>(environment(process.table.variable));
  const timers = timersOf(process, process.initial);
  return function beginOne(unit, item) {
    if (!process.initial.includes(item.status)) {
      const allowed = process.initial.join(", ") || "no status: initial is empty";
      throw new Error(`process ${process.name} begins in ${allowed}, got ${item.status}`);
    }
    const { contract, cause } = unit.of;
    const waits = scheduleTimeout(timers, unit, item, `${process.name}/${item.id}`); // the contract has keys of its own
    unit.write(items.save(waits ? { ...item, begunBy: waitOf(contract.name, cause.id) } : item));
  };
}
