// Evidence as rows, and the messages in the account.

import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inItem } from "@essentially-once/messaging/messages-in-item";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { type Account, Confirmed, Deposited, deposit } from "./messages.ts";

const table = process.env.ACCOUNTS_TABLE ?? "";
const accounts = versionedTable<Account>(table);

export const handler = consumer(
  contract({ name: "explored-in-item", accepts: [Deposited], publishes: [Confirmed] }),
)
  .use(idempotency({ evidence: rows({ messages: inItem({ table }) }) }))
  .handler(async ({ data }, unit) => {
    const account = deposit(await accounts.get(data.account), data.account, data.amount);
    unit.write(accounts.save(account));
    unit.publish(Confirmed.from(data));
  });
