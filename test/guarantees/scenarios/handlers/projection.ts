// Pull: deposits of the journal make accounts; offset and state commit together.
import { contract } from "../../../../functions/messaging/contract.ts";
import { journal } from "../../../../functions/messaging/journal.ts";
import { projection } from "../../../../functions/messaging/projection.ts";
import { type Account, Deposited, deposit } from "./messages.ts";

const table = process.env.ACCOUNTS_TABLE ?? "";

export const handler = projection(contract({ name: process.env.JOURNAL_NAME ?? "", accepts: [Deposited] }), {
  journal: journal({ name: process.env.JOURNAL_NAME ?? "", partitions: 1 }),
  table,
}).handler(async ({ data }, unit, state) => {
  const accounts = state<Account>("account");
  unit.write(accounts.save(deposit(await accounts.get(data.account), data.account, data.amount)));
});
