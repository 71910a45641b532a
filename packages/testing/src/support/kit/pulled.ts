import { environment } from "@essentially-once/messaging/environment";
import { journal } from "@essentially-once/messaging/journal";
import { projection } from "@essentially-once/messaging/projection";
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
