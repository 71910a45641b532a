// Evidence in rows; what it numbers is the order of its commits.
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { Park } from "@essentially-once/messaging/outcome";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { take } from "./contracts.ts";
import { type Account, Booked } from "./messages.ts";

const accounts = versionedTable<Account>(environment("TAKING_TABLE"));
/** The amount that is never taken. */
const poison = 13;

export const handler = consumer(take)
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .handler(async ({ data: { payment, account: id, amount } }, unit) => {
    if (amount === poison) throw new Park("AMOUNT_REFUSED", "it is 13");
    const account = (await accounts.get(id)) ?? { id, version: 0, taken: 0, count: 0 };
    const number = account.count + 1;
    unit.write(accounts.save({ ...account, taken: account.taken + amount, count: number }));
    unit.publish(Booked.from({ payment, account: id, number }));
  });
