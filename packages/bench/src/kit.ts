// The kit's contenders: one consumer for each form of evidence, with every middleware that the sample's have.

import { atMostOnce } from "@essentially-once/messaging/at-most-once";
import { breaker } from "@essentially-once/messaging/breaker";
import { dynamodb } from "@essentially-once/messaging/clients";
import { type Consumer, consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { effects } from "@essentially-once/messaging/effect";
import { type EvidenceStore, idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import type { MessageMiddleware } from "@essentially-once/messaging/internal/commit/delivery";
import type { UnitOfWork } from "@essentially-once/messaging/internal/commit/unit-of-work";
import { ageGate } from "@essentially-once/messaging/internal/trust/age-gate";
import { hopLimit } from "@essentially-once/messaging/internal/trust/hop-limit";
import { signature } from "@essentially-once/messaging/internal/trust/signature";
import { inItem } from "@essentially-once/messaging/messages-in-item";
import { rate } from "@essentially-once/messaging/rate";
import { rows } from "@essentially-once/messaging/rows";
import { sqs } from "@essentially-once/messaging/sqs-client";
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { addToBalance, BalanceChanged, type Deposit, MoneyDeposited } from "./bank.ts";
import type { Contender } from "./contender.ts";
import { tables } from "./engines.ts";
import { keys } from "./sqs-records.ts";

process.env.LIMITS = "bank";

const essentiallyOnce = "effect, evidence and message at once, or none";

export const kit: readonly Contender[] = [
  contender("rows, alone", essentiallyOnce, () => once(rows({ groupCommit: false }))),
  contender("rows", essentiallyOnce, () => once(rows())),
  contender("rows, messages in the item", essentiallyOnce, () =>
    once(rows({ messages: inItem({ table: tables.accounts }) })),
  ),
  contender("inline, alone", essentiallyOnce, () =>
    once(inline({ table: tables.accounts, groupCommit: false })),
  ),
  contender("inline, by sequence", essentiallyOnce, () =>
    once(inline({ table: tables.accounts, by: "sequence" })),
  ),
  contender("inline, by ids", essentiallyOnce, () => once(inline({ table: tables.accounts }))),
  contender("effect under a lease", "the same, and an outside effect once", withEffect),
  contender("rows, with a rate", "the same, and never above a rate", () =>
    limited(rate({ key: "bank", perSecond: 100_000 })),
  ),
  contender("rows, with a breaker", "the same, and no calls while the other side fails", () =>
    limited(breaker({ key: "bank" })),
  ),
  contender("at most once", "zero times or once, losses counted", () =>
    guarded().use(atMostOnce()).handler(deposit),
  ),
];

type Handler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

function contender(name: string, promises: string, handler: () => Handler): Contender {
  return { name, promises, make: async () => ({ handler: handler(), client: dynamodb(), sqsClient: sqs() }) };
}

function once(evidence: EvidenceStore): Handler {
  return guarded().use(idempotency({ evidence })).handler(deposit);
}

/** The other system answers at once: its delay is no cost of the kit. */
function withEffect(): Handler {
  return guarded()
    .use(idempotency({ evidence: rows() }))
    .use(effects())
    .handler(async (message, unit, { effect }) => {
      await effect(`notify:${message.data.reference}`, { perform: async () => "told" });
      await deposit(message, unit);
    });
}

/** None of the messages has to wait. */
function limited(limit: MessageMiddleware): Handler {
  return guarded()
    .use(idempotency({ evidence: rows() }))
    .use(limit)
    .handler(deposit);
}

const depositMoney = contract({
  name: "deposit-money",
  accepts: [MoneyDeposited],
  publishes: [BalanceChanged],
});

function guarded(): Consumer<typeof depositMoney> {
  return consumer(depositMoney)
    .use(signature({ keys, policy: "required" }))
    .use(ageGate())
    .use(hopLimit());
}

export async function deposit({ data }: { readonly data: Deposit }, unit: UnitOfWork): Promise<void> {
  unit.write({ Update: addToBalance(data) });
  unit.publish(BalanceChanged.from({ accountId: data.accountId, amount: data.amount }));
}
