// A queue that a program fills which knows no CloudEvents. It refuses an amount of 13 until somebody puts things right.

import { consumer } from "../../../../functions/messaging/consumer.ts";
import { contract } from "../../../../functions/messaging/contract.ts";
import { guards } from "../../../../functions/messaging/guards.ts";
import { idempotency } from "../../../../functions/messaging/idempotency.ts";
import { field } from "../../../../functions/messaging/origin.ts";
import { Park } from "../../../../functions/messaging/outcome.ts";
import { rawJson } from "../../../../functions/messaging/raw-json.ts";
import { rows } from "../../../../functions/messaging/rows.ts";
import { versionedTable } from "../../../../functions/messaging/versioned-table.ts";
import { type Account, Deposited, deposit } from "./messages.ts";

const accounts = versionedTable<Account>(process.env.ACCOUNTS_TABLE ?? "");

export const rawDeposits = contract({
  name: "explored-raw",
  accepts: [Deposited],
  from: rawJson({ id: field("account") }),
});

export const handler = consumer(rawDeposits)
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .handler(async ({ data }, unit) => {
    const { account, amount } = data;
    if (amount === 13 && !(await accounts.get(`right-${process.env.ACCOUNT}`)))
      throw new Park("UNLUCKY", "13");
    unit.write(accounts.save(deposit(await accounts.get(account), account, amount)));
  });
