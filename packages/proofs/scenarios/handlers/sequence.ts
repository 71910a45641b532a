// Evidence inside the account: the number of the last message of each source.

import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { type Account, Confirmed, Deposited, deposit } from "./messages.ts";

const table = process.env.ACCOUNTS_TABLE ?? "";
const accounts = versionedTable<Account>(table);

export const handler = consumer(
  contract({ name: "explored-sequence", accepts: [Deposited], publishes: [Confirmed] }),
)
  .use(idempotency({ evidence: inline({ table, by: "sequence" }) }))
  .handler(async ({ data }, unit) => {
    const account = deposit(await accounts.get(data.account), data.account, data.amount);
    unit.write(accounts.save(account));
    unit.publish(Confirmed.from(data));
  });
