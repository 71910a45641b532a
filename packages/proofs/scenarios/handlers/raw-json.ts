// A consumer of a queue that a program without CloudEvents fills. It refuses an amount of 13 until the operator allows it.

import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { field } from "@essentially-once/messaging/internal/origin/origin";
import { Park } from "@essentially-once/messaging/outcome";
import { rawJson } from "@essentially-once/messaging/raw-json";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
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
