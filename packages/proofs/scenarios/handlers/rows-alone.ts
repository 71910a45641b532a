// Evidence as rows, each unit in a transaction of its own.

import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { type Account, Confirmed, Deposited, deposit } from "./messages.ts";

const accounts = versionedTable<Account>(process.env.ACCOUNTS_TABLE ?? "");

export const handler = consumer(
  contract({ name: "explored-rows", accepts: [Deposited], publishes: [Confirmed] }),
)
  .use(idempotency({ evidence: rows({ groupCommit: false }) }))
  .handler(async ({ data }, unit) => {
    const account = deposit(await accounts.get(data.account), data.account, data.amount);
    unit.write(accounts.save(account));
    unit.publish(Confirmed.from(data));
  });
