// A lease on work that only one may do at a time: an owner, a fence that grows each time the lease is acquired, and an
// end. One item per name, changed by conditional puts only, so that an owner who was overtaken can change nothing.
//
//   absent ──acquire──► held ──settle──► settled
//                       │ ▲ └──free──► free ──acquire──► held
//                       └─┘ acquired again after its end: it is unknown what the owner did (in doubt)
//
//   G8, G9. Only the last owner settles, and only once.
//   Clocks decide when a lease may be overtaken; conditions decide who may settle.
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { sharedRead } from "../aws/shared-read.ts";
import { nowMs, nowSeconds } from "../core/clock.ts";
import { newId } from "../core/ids.ts";
import { RetryLater } from "../core/outcome.ts";
import { evidenceDays } from "../envelope/message-life.ts";
import { type Condition, type Item, readItem, unchanged } from "./lease-item.ts";
import { asUpdate, sharedWrite } from "./shared-write.ts";
import type { Write } from "./unit-of-work.ts";

export interface LeaseTable {
  /** @throws RetryLater CONTENDED, as a wait, when others changed the item each time it was looked at */
  acquire(wanted: Wanted): Promise<Acquisition>;
  /** The result settled under this id, read without acquiring the lease; calls at the same moment share a request. */
  settled(id: string): Promise<Settled | undefined>;
}

export interface Wanted {
  readonly id: string;
  /** When the lease ends, in ms since the epoch: at the latest when its owner must stop. */
  readonly untilMs: number;
  /** Kept in the item, for whoever reads it. */
  readonly about: Readonly<Record<string, string>>;
}

export type Acquisition =
  /** `inDoubt`: the previous owner's lease ended, and was neither settled nor freed. */
  | { readonly kind: "granted"; readonly lease: Lease; readonly inDoubt: boolean }
  | { readonly kind: "held"; readonly retryAfterSeconds: number }
  | Settled;

export interface Settled {
  readonly kind: "settled";
  readonly result: unknown;
  readonly about: Readonly<Record<string, unknown>>;
}

export interface Lease {
  readonly id: string;
  readonly fence: number;
  readonly untilMs: number;
  /** From when on another may acquire it. */
  readonly overtakenAfterMs: number;
  /** The write that settles, for a transaction to commit with what it settles. */
  settlement(result: unknown): Write;
  /**
   * Settles now.
   * @returns the result as it is stored: this one, or the one that this lease had settled before
   * @throws RetryLater LEASE_LOST when another has acquired it since
   */
  settle(result: unknown): Promise<unknown>;
  /** Releases the lease: the work has certainly not happened. Does nothing if another has acquired it. */
  release(): Promise<void>;
}

export interface LeaseTableOptions {
  readonly table: string;
  /** How long after its end a lease is still respected: clocks disagree, and a request may still be on its way. */
  readonly graceMs: number;
  readonly client?: DynamoDBClient | undefined;
}

/** How often to try to acquire the lease when others change the item in between. */
const roundsMax = 5;

export function leaseTable({ table, graceMs, client }: LeaseTableOptions): LeaseTable {
  const read = sharedRead({ table, client: () => client ?? dynamodb() });
  const share = sharedWrite(() => client ?? dynamodb());
  return {
    async settled(id) {
      const attributes = await read(id);
      const found = attributes && readItem(attributes);
      return found?.state === "settled" ? settledAs(found) : undefined;
    },

    async acquire({ id, untilMs, about }) {
      const owner = newId();
      let found: Item | undefined;
      for (let round = 1; round <= roundsMax; round++) {
        const mine: Item = { ...about, id, state: "claimed", owner, fence: (found?.fence ?? 0) + 1, untilMs };
        const refused = found ? await put(mine, unchanged(found)) : await insert(mine);
        // D1: the lease was written, the response was lost, and the SDK's second attempt met the first.
        if (refused === undefined || refused.item?.owner === owner) {
          return { kind: "granted", lease: lease(mine, id), inDoubt: found?.state === "claimed" };
        }
        found = refused.item;
        const answer = found && withoutLease(found);
        if (answer) return answer;
      }
      throw new RetryLater("CONTENDED", undefined, { waited: true });
    },
  };

  /** Undefined when the lease may be acquired: it is free, or has ended. */
  function withoutLease(found: Item): Acquisition | undefined {
    if (found.state === "free") return undefined;
    if (found.state === "settled") return settledAs(found);
    const waitMs = found.untilMs + graceMs - nowMs();
    return waitMs > 0 ? { kind: "held", retryAfterSeconds: Math.ceil(waitMs / 1000) } : undefined;
  }

  function lease(mine: Item, id: string): Lease {
    const { fence, untilMs } = mine;
    const settled = (result: unknown): Item => ({
      ...mine,
      state: "settled",
      result: JSON.stringify(result),
    });
    return {
      id,
      fence,
      untilMs,
      overtakenAfterMs: untilMs + graceMs,
      settlement: (result) => ({ Put: putOf(settled(result), unchanged(mine)) }),
      async settle(result) {
        const item = settled(result);
        const refused = await settle(item, mine);
        if (refused === undefined) return resultOf(item);
        const { item: found } = refused;
        if (found?.state === "settled" && found.owner === mine.owner) return resultOf(found);
        throw new RetryLater("LEASE_LOST");
      },
      async release() {
        await put({ ...mine, state: "free" }, unchanged(mine));
      },
    };
  }

  /** As `put`, in a request that leases of one moment share. */
  async function insert(item: Item): Promise<{ item: Item | undefined } | undefined> {
    const write = { Put: putOf(item, absent) };
    const result = await share({ write, exists: false, deadlineMs: item.untilMs });
    if (result === "done") return undefined;
    if (result === "alone" || result.code !== "DuplicateItem") return put(item, absent);
    const there = await read(item.id as string);
    return { item: there && readItem(there) };
  }

  /** As `put`, too. What a statement does not do is put: the answer to that says what is there. */
  async function settle(item: Item, mine: Item): Promise<{ item: Item | undefined } | undefined> {
    const write = asUpdate(putOf(item, unchanged(mine)), ["state", "result", "expiresAt"]);
    const answer = await share({ write, exists: true, deadlineMs: mine.untilMs });
    return answer === "done" ? undefined : put(item, unchanged(mine));
  }

  /** Undefined when it was put; what is there instead when the condition was not met. */
  async function put(item: Item, condition: Condition): Promise<{ item: Item | undefined } | undefined> {
    try {
      await (client ?? dynamodb()).send(new PutItemCommand(putOf(item, condition)));
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { item: error.Item && readItem(error.Item) };
    }
  }

  function putOf(item: Item, condition: Condition): NonNullable<Write["Put"]> {
    return {
      TableName: table,
      Item: marshall({ ...item, expiresAt: nowSeconds() + evidenceDays * 86_400 }),
      ...condition,
      ReturnValuesOnConditionCheckFailure: "ALL_OLD", // who holds it, until when, or with what result it ended
    };
  }
}

const absent: Condition = { ConditionExpression: "attribute_not_exists(id)" };

function settledAs(found: Item): Settled {
  return { kind: "settled", result: resultOf(found), about: found };
}

function resultOf({ result }: Item): unknown {
  return typeof result === "string" ? JSON.parse(result) : undefined;
}
