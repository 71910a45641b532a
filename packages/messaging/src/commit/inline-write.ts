// The write of an item, with what the kit keeps inside it: evidence, and the messages of this commit alone.
//
//   G1. The messages of an earlier commit are replaced or removed: its own stream record has carried them.
//   G2. The evidence is what it was when this commit was decided: compare and set.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Item } from "../core/item-size.ts";
import { asciiJson, type Envelope } from "../envelope/envelope.ts";
import { hiddenPrefix } from "./item-evidence.ts";
import type { Write } from "./unit-of-work.ts";

export const outboxIdAttribute = `${hiddenPrefix}outbox_id`;
export const outboxAttribute = `${hiddenPrefix}outbox`;

export interface InlineParts {
  /** Where the evidence is. */
  readonly attribute: string;
  /** The evidence that the item is believed to have; undefined for none. */
  readonly read: string | undefined;
  readonly evidence: string;
  /** Names the commit: the stream's reader tells its messages from those of another by it. */
  readonly outboxId: string;
  readonly messages: readonly Envelope[];
}

export function mergeInline(write: Write, { attribute, read, evidence, ...messages }: InlineParts): Write {
  const { Put, Update } = withMessages(write, messages, { [attribute]: { S: evidence } });
  const condition = conditionOf(Put ?? Update ?? {}, { attribute, read });
  return Put
    ? { Put: { ...Put, ...condition } }
    : { Update: { ...(Update as object), ...condition } as typeof Update };
}

/** The write with messages of its commit, in place of those of an earlier one. @param more what it sets besides */
export function withMessages(
  { Put, Update }: Write,
  { outboxId, messages }: Pick<InlineParts, "outboxId" | "messages">,
  more: Item = {},
): Write {
  const outbox: Item = {
    [outboxIdAttribute]: { S: outboxId },
    [outboxAttribute]: { L: messages.map((message) => ({ S: asciiJson(message) })) },
  };
  const attributes = { ...more, ...(messages.length > 0 && outbox) };
  if (Put) return { Put: { ...Put, Item: { ...Put.Item, ...attributes } } };
  if (!Update) throw new Error("only a Put or an Update can carry messages");

  const names = Object.keys(attributes);
  const removed = messages.length === 0 ? Object.keys(outbox) : [];
  const set = names.map((name) => `${name} = :${name}`);
  const expression = withClause(Update.UpdateExpression ?? "", "SET", set);
  const values = Object.fromEntries(names.map((name) => [`:${name}`, attributes[name]])) as Item;
  const all = { ...Update.ExpressionAttributeValues, ...values };
  return {
    Update: {
      ...Update,
      UpdateExpression: withClause(expression, "REMOVE", removed),
      ...(Object.keys(all).length > 0 && { ExpressionAttributeValues: all }),
    },
  };
}

interface Conditional {
  readonly ConditionExpression?: string | undefined;
  readonly ExpressionAttributeValues?: Item | undefined;
}

/** The write's own condition, and that the evidence has not moved. */
function conditionOf(
  { ConditionExpression, ExpressionAttributeValues }: Conditional,
  { attribute, read }: Pick<InlineParts, "attribute" | "read">,
) {
  const unmoved = read === undefined ? `attribute_not_exists(${attribute})` : `${attribute} = :eo_read`;
  const values = { ...ExpressionAttributeValues, ...(read === undefined ? {} : { ":eo_read": { S: read } }) };
  return {
    ConditionExpression: ConditionExpression ? `(${ConditionExpression}) AND ${unmoved}` : unmoved,
    ...(Object.keys(values).length === 0
      ? {}
      : { ExpressionAttributeValues: values as Record<string, AttributeValue> }),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const, // what the item knows of this message, at no extra read
  };
}

const clauses = { SET: /(^|\s)SET\s+/i, REMOVE: /(^|\s)REMOVE\s+/i } as const;

/** Adds to a clause of an update expression, which may have each clause once. */
function withClause(expression: string, clause: "SET" | "REMOVE", parts: readonly string[]): string {
  if (parts.length === 0) return expression;
  const found = clauses[clause];
  if (!found.test(expression)) return `${expression} ${clause} ${parts.join(", ")}`.trim();
  return expression.replace(found, `$1${clause} ${parts.join(", ")}, `);
}
