// The state of a breaker, one item that all environments share:
//
//   closed ──enough messages failed──► open ──after openSeconds──► half-open ──a probe succeeded──► closed
//                                       ▲                            └─ all probes failed ─► open, twice as long
//
//   G13. A state changes on the condition that it is still the one that was seen: of many that see the last failure, one
//   opens. Clocks decide how long it is open.
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { nowMs } from "../core/clock.ts";
import { gathered } from "./gathered.ts";
import { type LimitTable, number, type StoredLimit } from "./limit-item.ts";

export interface BreakerState {
  /** Messages that failed since one succeeded, or since it opened; each once. */
  readonly failed: ReadonlySet<string>;
  /** How often it has opened without having closed; 0 while it is closed. */
  readonly openings: number;
  readonly openUntilMs: number;
  /** Since when it is not closed. */
  readonly openedMs: number;
  /** How long it is open this time. */
  readonly openMs: number;
  readonly probes: ReadonlySet<string>;
  /** When the probes must have ended. */
  readonly probesUntilMs: number;
}

export interface BreakerStore {
  read(): Promise<BreakerState>;
  /** Adds a message that failed; those of one moment share a request. */
  fail(message: string): Promise<BreakerState>;
  /** Opens it for a time. @returns whether this call did, and the state now */
  open(seen: BreakerState, openMs: number): Promise<readonly [isOpened: boolean, now: BreakerState]>;
  /** Lets a message be one of the probes. @returns whether it may, and the state now */
  probe(seen: BreakerState, probe: Probe): Promise<readonly [isProbe: boolean, now: BreakerState]>;
  /** Forgets the failures, and closes it. @returns false when its state has changed since */
  close(seen: BreakerState): Promise<boolean>;
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
      return stateOf(Item && unmarshall(Item));
    },

    fail: gathered(async (messages: readonly string[]) => {
      const { item } = await limit.update(id, {
        rest: "ADD failed :failed", // twice is once, when its response was lost
        values: { ":failed": { SS: [...new Set(messages)] } },
      });
      return messages.map(() => stateOf(item));
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
      return [isDone, stateOf(item)];
    },

    async probe(seen, probe) {
      const isOver = seen.probesUntilMs > 0 && seen.probesUntilMs < nowMs(); // without a result: their processes died
      const { isDone, item } = await (isOver ? probeAnew(seen, probe) : probeToo(seen, probe));
      return [isDone, stateOf(item)];
    },

    async close(seen) {
      const { isDone } = await limit.update(id, {
        rest: "REMOVE openings, openUntilMs, openMs, openedMs, failed, probes, probesUntilMs",
        condition: asSeen(seen),
        values: seenValues(seen),
      });
      return isDone;
    },
  };

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

/** Only as long as nobody has opened or closed it since. */
function asSeen({ openings }: BreakerState): string {
  return openings === 0 ? "attribute_not_exists(openings)" : "openings = :openings";
}

/** DynamoDB refuses a value that no expression names. */
function seenValues({ openings }: BreakerState) {
  return openings === 0 ? {} : { ":openings": number(openings) };
}

function stateOf(item: StoredLimit | undefined): BreakerState {
  return { ...closed, ...item } as BreakerState;
}
