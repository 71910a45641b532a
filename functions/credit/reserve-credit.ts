// The bank-account case: read, decide, write under the version that was read.
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { Park } from "@essentially-once/messaging/outcome";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
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
