// An effect outside under a lease, and an account that all messages change.
import { consumer } from "../../../../functions/messaging/consumer.ts";
import { contract } from "../../../../functions/messaging/contract.ts";
import { effects } from "../../../../functions/messaging/effect.ts";
import { idempotency } from "../../../../functions/messaging/idempotency.ts";
import { rows } from "../../../../functions/messaging/rows.ts";
import { versionedTable } from "../../../../functions/messaging/versioned-table.ts";
import { type Account, Deposited, deposit } from "../../scenarios/handlers/messages.ts";

const accounts = versionedTable<Account>(process.env.ACCOUNTS_TABLE ?? "");

export const handler = consumer(contract({ name: "hot-effect", accepts: [Deposited], publishes: [] }))
  .use(idempotency({ evidence: rows() }))
  .use(effects())
  .handler(async ({ id, data }, unit, { effect }) => {
    await effect(id, { perform: async () => id });
    unit.write(accounts.save(deposit(await accounts.get(data.account), data.account, data.amount)));
  });
