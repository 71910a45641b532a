// Pulled from the journal, with its offset in the same transaction.
import { environment } from "@essentially-once/messaging/environment";
import { journal } from "@essentially-once/messaging/journal";
import { projection } from "@essentially-once/messaging/projection";
import { state } from "./contracts.ts";
import type { Statement } from "./messages.ts";

export const handler = projection(state, {
  journal: journal(),
  table: environment("WATCHING_TABLE"),
}).handler(async ({ data: { account: id } }, unit, of) => {
  const statements = of<Statement>("statement");
  const before = (await statements.get(id)) ?? { id, version: 0, paid: 0 };
  unit.write(statements.save({ ...before, paid: before.paid + 1 }));
});
