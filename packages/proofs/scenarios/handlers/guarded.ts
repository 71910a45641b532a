// A consumer as it is deployed: it takes only messages that are signed for its queue. It refuses an amount of 13 until the
// operator allows it.

import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import { Park } from "@essentially-once/messaging/outcome";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { type Account, Deposited, deposit } from "./messages.ts";

const table = process.env.ACCOUNTS_TABLE ?? "";
const accounts = versionedTable<Account>(table);

export const handler = consumer(contract({ name: "explored-guarded", accepts: [Deposited] }))
  .use(guards())
  .use(idempotency({ evidence: process.env.FORM === "inline" ? inline({ table }) : rows() }))
  .handler(async ({ data }, unit) => {
    if (data.amount === 13 && !(await accounts.get(`right-${data.account}`))) throw new Park("UNLUCKY", "13");
    unit.write(accounts.save(deposit(await accounts.get(data.account), data.account, data.amount)));
  });
