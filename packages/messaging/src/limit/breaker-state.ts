// The state of a breaker, one item that all environments share:
//
//   closed ──enough messages failed──► open ──after openSeconds──► half-open ──a probe succeeded──► closed
//                                       ▲                            └─ all probes failed ─► open, twice as long
//
//   G13. A state changes on the condition that it is still the one that was seen: of many that see the last failure, one
//   opens. Clocks decide how long it is open.
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { nowMs } from "../core/clock.ts";
import { gathered } from "./gathered.ts";
import { type LimitTable, number, numberIn, type StoredLimit } from "./limit-item.ts";

export interface BreakerState {
  /** Messages that failed since one succeeded, or since it opened, and had begun since then; each once. */
  readonly failed: ReadonlySet<string>;
  /** How often it has opened without having closed; 0 while it is closed. */
  readonly openings: number;
  readonly openUntilMs: number;
  /** Since when it is not closed. */
  readonly openedMs: number;
  /** How long it is open this time. */
  readonly openMs: number;
  /** When it closed last: 0 when it never opened, or an earlier release closed it. */
  readonly closedMs: number;
  readonly probes: ReadonlySet<string>;
  /** When the probes must have ended. */
  readonly probesUntilMs: number;
}

export interface BreakerStore {
  read(): Promise<BreakerState>;
  /**
   * Adds a message that failed; those of one moment share a request.
   * @returns whether it counts, which it does not when the state has changed since it began, and the state now
   */
  fail(failure: Failure): Promise<readonly [isCounted: boolean, now: BreakerState]>;
  /** Opens it for a time. @returns whether this call did, and the state now */
  open(seen: BreakerState, openMs: number): Promise<readonly [isOpened: boolean, now: BreakerState]>;
  /** Lets a message be one of the probes. @returns whether it may, and the state now */
  probe(seen: BreakerState, probe: Probe): Promise<readonly [isProbe: boolean, now: BreakerState]>;
  /** Forgets the failures, and closes it. @returns whether this call did, and the state now */
  close(seen: BreakerState): Promise<readonly [isClosed: boolean, now: BreakerState]>;
}

export interface Failure {
  readonly message: string;
  /** The state with which it began. */
  readonly begun: BreakerState;
}

export interface Probe {
  readonly message: string;
  readonly probesMax: number;
  readonly untilMs: number;
}

export const closed: BreakerState = {
  failed: new Set(),
  openings: 0,
  openUntilMs: 0,
  openedMs: 0,
  openMs: 0,
  closedMs: 0,
  probes: new Set(),
  probesUntilMs: 0,
};

export function breakerStore(limit: LimitTable): BreakerStore {
  const id = limit.idOf("breaker");
  return {
    async read() {
      const { Item } = await limit.client().send(
        new GetItemCommand({ TableName: limit.table, Key: { id: { S: id } } }), // a moment old is new enough
      );
      return stateOf(Item);
    },

    fail: gathered(async (failures: readonly Failure[]) => {
      const answers = new Map<Failure, readonly [boolean, BreakerState]>();
      for (const [begun, together] of sameBegun(failures)) {
        const { isDone, item } = await limit.update(id, {
          rest: "ADD failed :failed", // twice is once, when its response was lost
          condition: asSeen(begun),
          values: {
            ...seenValues(begun),
            ":failed": { SS: [...new Set(together.map(({ message }) => message))] },
          },
        });
        const now = await stateOf(item);
        for (const failure of together) answers.set(failure, [isDone, now]);
      }
      return failures.map((failure) => answers.get(failure) ?? [false, closed]);
    }),

    async open(seen, openMs) {
      const { isDone, item } = await limit.update(id, {
        set: "openings = :next, openUntilMs = :until, openMs = :openMs, openedMs = if_not_exists(openedMs, :now)",
        rest: "REMOVE failed, probes, probesUntilMs",
        condition: asSeen(seen),
        values: {
          ...seenValues(seen),
          ":next": number(seen.openings + 1),
          ":until": number(nowMs() + openMs),
          ":openMs": number(openMs),
          ":now": number(nowMs()),
        },
      });
      return [isDone, await stateOf(item)];
    },

    async probe(seen, probe) {
      const isOver = seen.probesUntilMs > 0 && seen.probesUntilMs < nowMs(); // without a result: their processes died
      const { isDone, item } = await (isOver ? probeAnew(seen, probe) : probeToo(seen, probe));
      return [isDone, await stateOf(item)];
    },

    async close(seen) {
      const isOpened = seen.openings > 0;
      const { isDone, item } = await limit.update(id, {
        ...(isOpened && { set: "closedMs = :now" }),
        rest: "REMOVE openings, openUntilMs, openMs, openedMs, failed, probes, probesUntilMs",
        condition: asSeen(seen),
        values: { ...seenValues(seen), ...(isOpened && { ":now": number(nowMs()) }) },
      });
      return [isDone, await stateOf(item)];
    },
  };

  async function stateOf(item: StoredLimit = {}): Promise<BreakerState> {
    const unreadable = unreadableIn(item);
    if (unreadable.length === 0) return readState(item);
    const { beginAnew } = await import("./begin-anew.ts");
    await beginAnew(limit, { id, item, unreadable, attributes: [...numbers, ...sets] });
    return closed;
  }

  function probeToo(seen: BreakerState, { message, probesMax, untilMs }: Probe) {
    return limit.update(id, {
      set: "probesUntilMs = if_not_exists(probesUntilMs, :until)",
      rest: "ADD probes :probe",
      condition: `${asSeen(seen)} AND (attribute_not_exists(probes) OR size(probes) < :max OR contains(probes, :message))`,
      values: {
        ...seenValues(seen),
        ":until": number(untilMs),
        ":probe": { SS: [message] },
        ":message": { S: message },
        ":max": number(probesMax),
      },
    });
  }

  function probeAnew(seen: BreakerState, { message, untilMs }: Probe) {
    return limit.update(id, {
      set: "probesUntilMs = :until, probes = :probe",
      condition: `${asSeen(seen)} AND probesUntilMs = :ended`,
      values: {
        ...seenValues(seen),
        ":until": number(untilMs),
        ":ended": number(seen.probesUntilMs),
        ":probe": { SS: [message] },
      },
    });
  }
}

/** Whether nobody has opened or closed it between the two. */
export function isSame(one: BreakerState, other: BreakerState): boolean {
  return stamps.every((name) => one[name] === other[name]);
}

/** They change with each opening and closing: the count of openings alone begins anew. */
const stamps = ["openings", "openedMs", "closedMs"] as const;

/** Only as long as nobody has opened or closed it since. */
function asSeen(seen: BreakerState): string {
  return stamps
    .map((name) => (seen[name] === 0 ? `attribute_not_exists(${name})` : `${name} = :${name}`))
    .join(" AND ");
}

/** DynamoDB refuses a value that no expression names. */
function seenValues(seen: BreakerState) {
  const named = stamps.filter((name) => seen[name] !== 0);
  return Object.fromEntries(named.map((name) => [`:${name}`, number(seen[name])]));
}

function sameBegun(failures: readonly Failure[]): (readonly [BreakerState, Failure[]])[] {
  const groups = Map.groupBy(failures, ({ begun }) => stamps.map((name) => begun[name]).join());
  return [...groups.values()].map((group) => [group[0]?.begun ?? closed, group]);
}

const numbers = ["openings", "openUntilMs", "openedMs", "openMs", "closedMs", "probesUntilMs"] as const;
const sets = ["failed", "probes"] as const;

function readState(item: StoredLimit): BreakerState {
  const read = (name: string) => numberIn(item, name) ?? 0;
  return {
    ...(Object.fromEntries(numbers.map((name) => [name, read(name)])) as Record<
      (typeof numbers)[number],
      number
    >),
    failed: new Set(item.failed?.SS),
    probes: new Set(item.probes?.SS),
  };
}

/** The kit removes what is none: 0 would be taken for absent, and no condition would be met any more. */
function unreadableIn(item: StoredLimit): string[] {
  const isNumber = (name: string) => (numberIn(item, name) ?? 0) > 0;
  return [
    ...numbers.filter((name) => item[name] !== undefined && !isNumber(name)),
    ...sets.filter((name) => item[name] !== undefined && item[name].SS === undefined),
  ];
}
