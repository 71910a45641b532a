// Pull: deposits of the journal make accounts; offset and state commit together.
import { contract } from "@essentially-once/messaging/contract";
import { journal } from "@essentially-once/messaging/journal";
import { projection } from "@essentially-once/messaging/projection";
import { type Account, Deposited, deposit } from "./messages.ts";

const table = process.env.ACCOUNTS_TABLE ?? "";

export const handler = projection(contract({ name: process.env.JOURNAL_NAME ?? "", accepts: [Deposited] }), {
  journal: journal({ name: process.env.JOURNAL_NAME ?? "", partitions: 1 }),
  table,
}).handler(async ({ data }, unit, state) => {
  const accounts = state<Account>("account");
  unit.write(accounts.save(deposit(await accounts.get(data.account), data.account, data.amount)));
});
