// The bank-account case: read, decide, write under the version that was read.
import { consumer } from "../messaging/consumer.ts";
import { environment } from "../messaging/environment.ts";
import { guards } from "../messaging/guards.ts";
import { idempotency } from "../messaging/idempotency.ts";
import { Park } from "../messaging/outcome.ts";
import { rows } from "../messaging/rows.ts";
import { versionedTable } from "../messaging/versioned-table.ts";
import { type Account, reserve } from "./account.ts";
import { reserveCredit } from "./contracts.ts";
import { CreditDenied, CreditReserved } from "./messages.ts";

const accounts = versionedTable<Account>(environment("CREDIT_TABLE"));

export const handler = consumer(reserveCredit)
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .handler(async (message, unit) => {
    const { orderId, customerId, total } = message.data;
    const account = await accounts.get(customerId);
    if (account === undefined) throw new Park("ACCOUNT_UNKNOWN", "the customer has no account");

    const reserved = reserve(account, total);
    if (reserved) unit.write(accounts.save(reserved));
    unit.publish(reserved ? CreditReserved.from({ orderId }) : CreditDenied.from({ orderId }));
  });
