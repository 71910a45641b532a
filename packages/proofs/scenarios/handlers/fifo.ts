// A FIFO consumer that refuses an amount of 13 until the operator allows it.

import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { Park } from "@essentially-once/messaging/outcome";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { type Account, Deposited, deposit } from "./messages.ts";

const accounts = versionedTable<Account>(process.env.ACCOUNTS_TABLE ?? "");

export const handler = consumer(contract({ name: "explored-fifo", accepts: [Deposited] }))
  .use(idempotency({ evidence: rows() }))
  .handler(async ({ data }, unit) => {
    if (data.amount === 13 && !(await accounts.get(`right-${data.account}`))) throw new Park("UNLUCKY", "13");
    unit.write(accounts.save(deposit(await accounts.get(data.account), data.account, data.amount)));
  });
