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
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { sharedRead } from "../aws/shared-read.ts";
import { nowMs, nowSeconds } from "../core/clock.ts";
import { newId } from "../core/ids.ts";
import { RetryLater } from "../core/outcome.ts";
import { evidenceDays } from "../envelope/message-life.ts";
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

interface Item extends Record<string, unknown> {
  readonly state: "claimed" | "free" | "settled";
  readonly owner: string;
  readonly fence: number;
  readonly untilMs: number;
}

export type Condition = Pick<
  NonNullable<Write["Put"]>,
  "ConditionExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
>;

/** How long a lease on a message is respected after its invocation must have ended: clocks disagree. */
export const leaseGraceMs = 2_000;

/** How often to try to acquire the lease when others change the item in between. */
const roundsMax = 5;

export function leaseTable({ table, graceMs, client }: LeaseTableOptions): LeaseTable {
  const read = sharedRead({ table, client: () => client ?? dynamodb() });
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
        const refused = await put(mine, found ? unchanged(found) : absent);
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
      ...(result === undefined ? {} : { result: JSON.stringify(result) }),
    });
    return {
      id,
      fence,
      untilMs,
      overtakenAfterMs: untilMs + graceMs,
      settlement: (result) => ({ Put: putOf(settled(result), unchanged(mine)) }),
      async settle(result) {
        const item = settled(result);
        const refused = await put(item, unchanged(mine));
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

/** The lease was not acquired, freed or settled since: the fence grows with each owner, and an owner changes the state once. */
function unchanged({ owner, fence, state }: Item): Condition {
  return {
    ConditionExpression: "#owner = :owner AND #fence = :fence AND #state = :state",
    ExpressionAttributeNames: { "#owner": "owner", "#fence": "fence", "#state": "state" },
    ExpressionAttributeValues: marshall({ ":owner": owner, ":fence": fence, ":state": state }),
  };
}

/**
 * For a consumer that changed its mode and finds a lease where it looks for evidence: an unsettled lease says nothing
 * of an effect. Undefined when it is settled. A write on `condition` replaces the lease, so its owner cannot settle it.
 */
export function unsettledLease(
  attributes: Readonly<Record<string, AttributeValue>>,
): { readonly waitMs: number; readonly condition: Condition } | undefined {
  const found = readItem(attributes);
  if (found.state === "settled") return undefined;
  return {
    waitMs: found.state === "free" ? 0 : found.untilMs + leaseGraceMs - nowMs(),
    condition: unchanged(found),
  };
}

/** Evidence of `rows` has no state: a consumer that changed its mode finds its old messages settled. */
function readItem(attributes: Readonly<Record<string, AttributeValue>>): Item {
  const { state = "settled", owner = "", fence = 0, untilMs = 0, ...rest } = unmarshall({ ...attributes });
  return { ...rest, state, owner, fence, untilMs };
}

function settledAs(found: Item): Settled {
  return { kind: "settled", result: resultOf(found), about: found };
}

function resultOf({ result }: Item): unknown {
  return typeof result === "string" ? JSON.parse(result) : undefined;
}
