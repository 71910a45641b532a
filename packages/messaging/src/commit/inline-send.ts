// Sends the one write of an inline commit: in a statement among those of its batch, or alone.
//
//   G2. Whatever response was lost, and however often it is sent, the write has one effect: its condition is that the evidence
//   has not moved, and the old item says whose it is.
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { isTransient } from "../aws/cancellation.ts";
import type { SharedRead } from "../aws/shared-read.ts";
import type { Item } from "../core/item-size.ts";
import { besideOf } from "./beside.ts";
import type { Delivery } from "./delivery.ts";
import { type Gatherer, type GatherOptions, gatherer } from "./gather.ts";
import { outboxIdAttribute } from "./inline-write.ts";
import type { Measured } from "./limits.ts";
import { recall, recallExists } from "./seen-evidence.ts";
import { groupSender, statementsMax } from "./shared-write.ts";
import type { GroupedResult, GroupedWrite } from "./statement-group.ts";
import type { Write } from "./unit-of-work.ts";

export type InlineGroup = Gatherer<GroupedWrite, GroupedResult>;

/** Gathers the writes of a batch that are ready together. */
export function inlineGroup(client: () => DynamoDBClient, options: GatherOptions): InlineGroup {
  const send = groupSender(client);
  return gatherer((group) => void send(group), { ...options, actionsMax: statementsMax });
}

export interface InlineSender {
  /** Undefined when the write was done; otherwise the item as it was when its condition failed. */
  send(
    unit: Measured,
    about: { readonly delivery: Delivery; readonly id: string },
  ): Promise<Refused | undefined>;
}

export interface Refused {
  /** Absent when there is no such item. */
  readonly item: Item | undefined;
}

export interface InlineSenderOptions {
  readonly table: string;
  readonly client: () => DynamoDBClient;
  /** Undefined sends each alone. */
  readonly group: InlineGroup | undefined;
  /** For an engine whose refusal does not say what the item was. */
  readonly readItem: SharedRead;
}

export function inlineSender({ table, client, group, readItem }: InlineSenderOptions): InlineSender {
  /** Whether items that nobody has read turn out to be new: of a handler that writes without reading, the last one says it. */
  let unseenExist = false;

  return {
    async send(unit, { delivery, id }) {
      const { deadlineMs } = delivery;
      for (let attempt = 1; ; attempt++) {
        try {
          return await sendOnce(unit, delivery, id);
        } catch (error) {
          const code = codeOf(error);
          if (!isTransient(code)) throw error;
          const { beforeNextCommit } = await import("../core/retry.ts");
          await beforeNextCommit({ code, item: `${table} ${id}` }, { attempt, deadlineMs, cause: error });
        }
      }
    },
  };

  async function sendOnce(
    unit: Measured,
    { unit: run, deadlineMs }: Delivery,
    id: string,
  ): Promise<Refused | undefined> {
    const [write = {}, ...others] = unit.actions;
    const together = others[0] && besideOf(others[0]);
    if (together) return together(write, others);
    const exists = recallExists(table, id) ?? unseenExist;
    const hasOutbox = recall(table, id, outboxIdAttribute) !== undefined;
    if (!group) return sendAlone(write);
    const result = await group.commit(run, { ...unit, before: { exists, hasOutbox }, deadlineMs });
    if (result === "done") return undefined;
    if (result === "alone") return sendAlone(write);
    if (!conditionFailed.has(result.code)) return sendAlone(write); // its error says what is wrong, in the form that is known
    const item = result.item ?? (await readItem(id));
    if (recallExists(table, id) === undefined) unseenExist = item !== undefined;
    return { item };
  }

  async function sendAlone({ Put, Update }: Write): Promise<Refused | undefined> {
    try {
      if (Put) await client().send(new PutItemCommand(Put));
      if (Update) await client().send(new UpdateItemCommand(Update));
      return undefined;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { item: error.Item };
      throw error;
    }
  }
}

const conditionFailed: ReadonlySet<string> = new Set(["ConditionalCheckFailed", "DuplicateItem"]);

/** The name that a transaction would give as its reason: TransactionConflict for a TransactionConflictException. */
function codeOf(error: unknown): string {
  return error instanceof Error ? `${error.name}`.replace(/Exception$/, "") : typeof error;
}
