// The bank-account case: read, decide, write under the version that was read. Account and reservation change together, so
// a canceled order gives back exactly what it holds, in whatever order its messages come.
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { Park } from "@essentially-once/messaging/outcome";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { OrderCanceled } from "../orders/messages.ts";
import { type Account, giveBack, type Reservation, reserve } from "./account.ts";
import { reserveCredit } from "./contracts.ts";
import { CreditDenied, CreditReserved } from "./messages.ts";

const accounts = versionedTable<Account>(environment("CREDIT_TABLE"));
const reservations = versionedTable<Reservation>(environment("CREDIT_TABLE"));

export const handler = consumer(reserveCredit)
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .handler(async ({ type, data }, unit) => {
    const { orderId, customerId, total } = data;
    const known = await reservations.get(`order#${orderId}`);
    const reservation = known ?? { id: `order#${orderId}`, version: 0, customerId, amount: 0 };
    if (type === OrderCanceled.type) {
      const held = known?.amount ?? (data.approved ? total : 0); // without a record: approved by an earlier release
      const account = held > 0 ? await accounts.get(customerId) : undefined;
      if (account) unit.write(accounts.save(giveBack(account, held)));
      unit.write(reservations.save({ ...reservation, amount: 0 }));
      return;
    }
    if (known) return; // it was canceled before it came here
    const account = await accounts.get(customerId);
    if (account === undefined) throw new Park("ACCOUNT_UNKNOWN", "the customer has no account");
    const reserved = reserve(account, total);
    if (reserved) unit.write(accounts.save(reserved), reservations.save({ ...reservation, amount: total }));
    unit.publish(reserved ? CreditReserved.from({ orderId }) : CreditDenied.from({ orderId }));
  });
