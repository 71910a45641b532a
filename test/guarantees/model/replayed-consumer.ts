// The consumer whose calls the model's traces name, with the kit's own middlewares: each message adds one.
import { ageGate } from "../../../functions/messaging/age-gate.ts";
import { consumer } from "../../../functions/messaging/consumer.ts";
import { contract } from "../../../functions/messaging/contract.ts";
import { environment } from "../../../functions/messaging/environment.ts";
import { idempotency } from "../../../functions/messaging/idempotency.ts";
import { rows } from "../../../functions/messaging/rows.ts";
import { versionedTable } from "../../../functions/messaging/versioned-table.ts";
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
