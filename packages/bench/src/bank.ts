// The business that every contender does: a deposit adds to the balance of an account and announces itself.
import type { Update } from "@aws-sdk/client-dynamodb";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { derivedId } from "@essentially-once/messaging/ids";
import { sequenceText } from "@essentially-once/messaging/internal/envelope/sequence";
import { messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod";
import { tables } from "./engines.ts";

export const depositSchema = z.strictObject({
  accountId: z.string().min(1).max(64),
  amount: z.int().min(1),
  currency: z.enum(["EUR", "USD"]),
  reference: z.string().max(140),
});

export type Deposit = z.infer<typeof depositSchema>;

export const MoneyDeposited = messageType({
  type: "bench.money-deposited.v1",
  schema: depositSchema,
  key: ({ accountId }) => accountId,
});

export const BalanceChanged = messageType({
  type: "bench.balance-changed.v1",
  schema: z.strictObject({ accountId: z.string(), amount: z.int() }),
  key: ({ accountId }) => accountId,
});

/** A number that only grows: the effect needs no read, and twice is seen in the balance. */
export function addToBalance({ accountId, amount }: Deposit) {
  return {
    TableName: tables.accounts,
    Key: { id: { S: accountId } },
    UpdateExpression: "ADD balance :amount",
    ExpressionAttributeValues: { ":amount": { N: String(amount) } },
  } satisfies Update;
}

/** The outgoing message as a consumer without the kit would keep it, in a table like the outbox. */
export function announcement({ source, id }: { source: string; id: string }, { accountId, amount }: Deposit) {
  const body = { type: BalanceChanged.type, causationid: id, data: { accountId, amount } };
  return {
    TableName: tables.outbox,
    Item: {
      id: { S: derivedId(source, id) },
      place: { S: "0" },
      createdAt: { S: new Date().toISOString() },
      messages: { L: [{ S: asciiJson(body) }] },
    },
  };
}

/** The nth message of a run; a consumer may remember what it saw, so no two runs share accounts or ids. */
export function aDeposit({ n, accounts, run }: { n: number; accounts: number; run: string }): Envelope {
  const accountId = `account-${run}-${n % accounts}`;
  const draft = MoneyDeposited.from({
    accountId,
    amount: 1 + (n % 97),
    currency: "EUR",
    reference: `deposit ${n}`,
  });
  return {
    specversion: "1.0",
    id: `deposit-${run}-${n}`,
    source: "/bench",
    type: draft.type,
    time: new Date().toISOString(),
    datacontenttype: "application/json",
    partitionkey: accountId,
    correlationid: `flow-${n}`,
    hops: 0,
    sequence: sequenceText(Math.floor(n / accounts) + 1),
    data: draft.data,
  };
}
