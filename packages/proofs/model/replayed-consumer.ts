// The consumer whose calls the model's traces name, with the kit's own middlewares: each message adds one.

import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { environment } from "@essentially-once/messaging/environment";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { ageGate } from "@essentially-once/messaging/internal/trust/age-gate";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { type Account, Confirmed, Deposited, deposit } from "../scenarios/handlers/messages.ts";

const accounts = versionedTable<Account>(environment("ACCOUNTS_TABLE"));

export const handler = consumer(contract({ name: "replayed", accepts: [Deposited], publishes: [Confirmed] }))
  .use(ageGate())
  .use(idempotency({ evidence: rows({ groupCommit: false }) }))
  .handler(async ({ data }, unit) => {
    const account = deposit(await accounts.get(data.account), data.account, data.amount);
    unit.write(accounts.save(account));
    unit.publish(Confirmed.from(data));
  });
