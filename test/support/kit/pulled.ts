import { environment } from "../../../functions/messaging/environment.ts";
import { journal } from "../../../functions/messaging/journal.ts";
import { projection } from "../../../functions/messaging/projection.ts";
import { pulled } from "./contracts.ts";
import type { Statement } from "./messages.ts";

export const handler = projection(pulled, {
  journal: journal(),
  table: environment("PULLED_TABLE"),
}).handler(async ({ data: { till: id } }, unit, state) => {
  const statements = state<Statement>("statement");
  const before = (await statements.get(id)) ?? { id, version: 0, asks: 0 };
  unit.write(statements.save({ ...before, asks: before.asks + 1 }));
});
