// As a consumer is deployed: it takes only what was signed for its queue. It refuses an amount of 13 until somebody puts
// things right.

import { consumer } from "../../../../functions/messaging/consumer.ts";
import { contract } from "../../../../functions/messaging/contract.ts";
import { guards } from "../../../../functions/messaging/guards.ts";
import { idempotency } from "../../../../functions/messaging/idempotency.ts";
import { inline } from "../../../../functions/messaging/inline.ts";
import { Park } from "../../../../functions/messaging/outcome.ts";
import { rows } from "../../../../functions/messaging/rows.ts";
import { versionedTable } from "../../../../functions/messaging/versioned-table.ts";
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
