// Evidence as rows, units of one batch in one transaction.

import { consumer } from "../../../../functions/messaging/consumer.ts";
import { contract } from "../../../../functions/messaging/contract.ts";
import { idempotency } from "../../../../functions/messaging/idempotency.ts";
import { rows } from "../../../../functions/messaging/rows.ts";
import { versionedTable } from "../../../../functions/messaging/versioned-table.ts";
import { type Account, Confirmed, Deposited, deposit } from "./messages.ts";

const accounts = versionedTable<Account>(process.env.ACCOUNTS_TABLE ?? "");

export const handler = consumer(
  contract({ name: "explored-rows", accepts: [Deposited], publishes: [Confirmed] }),
)
  .use(idempotency({ evidence: rows() }))
  .handler(async ({ data }, unit) => {
    const account = deposit(await accounts.get(data.account), data.account, data.amount);
    unit.write(accounts.save(account));
    unit.publish(Confirmed.from(data));
  });
