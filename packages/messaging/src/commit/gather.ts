// Gathers units of work that are ready together, so that they can share a request.
//
//   G11. A unit waits a few milliseconds for the runs of its batch; a group never has two writes of one item.
import { nowMs } from "../core/clock.ts";
import { type Measured, transactionBytesMax } from "./limits.ts";

export interface Gatherer<Unit, Result> {
  /** Says that a run has begun that may commit until its deadline: groups wait a moment for it. */
  begin(run: object, deadlineMs: number): void;
  /** Says that a run has ended, whatever became of it. */
  end(run: object): void;
  /** Commits a unit of work, alone or among others. */
  commit(run: object, unit: Unit): Promise<Result>;
}

export interface GatherOptions {
  /** How long a unit that is ready waits for runs of its batch that are not, in milliseconds. */
  readonly lingerMs?: number;
}

export interface Ready<Unit, Result> {
  readonly unit: Unit;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

const lingerMsDefault = 5;

/** @param send must not reject, but tell each of the units */
export function gatherer<Unit extends Measured, Result>(
  send: (group: readonly Ready<Unit, Result>[]) => void,
  { lingerMs = lingerMsDefault, actionsMax }: GatherOptions & { readonly actionsMax: number },
): Gatherer<Unit, Result> {
  const busy = new Map<object, number>();
  let ready: Ready<Unit, Result>[] = [];
  let timer: NodeJS.Timeout | undefined;
  return {
    begin(run, deadlineMs) {
      busy.set(run, deadlineMs);
    },
    end(run) {
      if (busy.delete(run)) flushIfNobodyIsBusy();
    },
    commit(run, unit) {
      return new Promise<Result>((resolve, reject) => {
        ready.push({ unit, resolve, reject });
        busy.delete(run);
        timer ??= setTimeout(flush, lingerMs);
        flushIfNobodyIsBusy();
      });
    },
  };

  function flushIfNobodyIsBusy(): void {
    for (const [run, deadlineMs] of busy) if (deadlineMs <= nowMs()) busy.delete(run); // abandoned
    if (busy.size === 0) flush();
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const units = ready;
    ready = [];
    for (const group of groupsOf(units, actionsMax)) send(group);
  }
}

/** First fit, in the order in which they became ready. */
export function groupsOf<One extends { readonly unit: Measured }>(
  units: readonly One[],
  actionsMax: number,
): One[][] {
  const groups: { members: One[]; items: Set<string>; actions: number; bytes: number }[] = [];
  for (const ready of units) {
    const { actions, items, bytes } = ready.unit;
    let group = groups.find(
      (one) =>
        one.actions + actions.length <= actionsMax &&
        one.bytes + bytes <= transactionBytesMax &&
        ![...items].some((item) => one.items.has(item)),
    );
    if (group === undefined) {
      group = { members: [], items: new Set(), actions: 0, bytes: 0 };
      groups.push(group);
    }
    group.members.push(ready);
    group.actions += actions.length;
    group.bytes += bytes;
    for (const item of items) group.items.add(item);
  }
  return groups.map(({ members }) => members);
}
