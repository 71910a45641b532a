// The kit's contenders: one consumer for each form of evidence, with every middleware that the sample's have.
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { ageGate } from "../functions/messaging/age-gate.ts";
import { atMostOnce } from "../functions/messaging/at-most-once.ts";
import { dynamodb } from "../functions/messaging/clients.ts";
import { type Consumer, consumer } from "../functions/messaging/consumer.ts";
import { contract } from "../functions/messaging/contract.ts";
import { effects } from "../functions/messaging/effect.ts";
import { hopLimit } from "../functions/messaging/hop-limit.ts";
import { type EvidenceStore, idempotency } from "../functions/messaging/idempotency.ts";
import { inline } from "../functions/messaging/inline.ts";
import { rows } from "../functions/messaging/rows.ts";
import { signature } from "../functions/messaging/signature.ts";
import { sqs } from "../functions/messaging/sqs-client.ts";
import type { UnitOfWork } from "../functions/messaging/unit-of-work.ts";
import { addToBalance, BalanceChanged, type Deposit, MoneyDeposited } from "./bank.ts";
import type { Contender } from "./contender.ts";
import { tables } from "./engines.ts";
import { keys } from "./letters.ts";

const essentiallyOnce = "effect, evidence and message at once, or none";

export const kit: readonly Contender[] = [
  contender("rows, alone", essentiallyOnce, () => once(rows({ groupCommit: false }))),
  contender("rows", essentiallyOnce, () => once(rows())),
  contender("inline, by sequence", essentiallyOnce, () =>
    once(inline({ table: tables.accounts, by: "sequence" })),
  ),
  contender("inline, by ids", essentiallyOnce, () => once(inline({ table: tables.accounts }))),
  contender("effect under a lease", "the same, and an outside effect once", withEffect),
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

/** The other system answers at once: that it is slow is nobody's cost. */
function withEffect(): Handler {
  return guarded()
    .use(idempotency({ evidence: rows() }))
    .use(effects())
    .handler(async (message, unit, { effect }) => {
      await effect(`notify:${message.data.reference}`, { perform: async () => "told" });
      await deposit(message, unit);
    });
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
