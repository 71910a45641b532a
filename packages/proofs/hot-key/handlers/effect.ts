// An effect outside under a lease, and an account that all messages change.
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { effects } from "@essentially-once/messaging/effect";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { type Account, Deposited, deposit } from "../../scenarios/handlers/messages.ts";

const accounts = versionedTable<Account>(process.env.ACCOUNTS_TABLE ?? "");

export const handler = consumer(contract({ name: "hot-effect", accepts: [Deposited], publishes: [] }))
  .use(idempotency({ evidence: rows() }))
  .use(effects())
  .handler(async ({ id, data }, unit, { effect }) => {
    await effect(id, { perform: async () => id });
    unit.write(accounts.save(deposit(await accounts.get(data.account), data.account, data.amount)));
  });
