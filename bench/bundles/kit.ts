// The consumer of the README, with a schema that weighs nothing: what is left is the SDK and the kit.
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { consumer } from "../../functions/messaging/consumer.ts";
import { contract } from "../../functions/messaging/contract.ts";
import { guards } from "../../functions/messaging/guards.ts";
import { idempotency } from "../../functions/messaging/idempotency.ts";
import { messageType } from "../../functions/messaging/message-type.ts";
import { rows } from "../../functions/messaging/rows.ts";
import { versionedTable } from "../../functions/messaging/versioned-table.ts";

const schema: StandardSchemaV1<unknown, { readonly id: string }> = {
  "~standard": { version: 1, vendor: "bench", validate: (value) => ({ value: value as { id: string } }) },
};
const Deposited = messageType({ type: "bench.deposited.v1", schema, key: ({ id }) => id });
const accounts = versionedTable<{ readonly id: string; readonly version: number }>("accounts");

export const handler = consumer(contract({ name: "bench", accepts: [Deposited], publishes: [Deposited] }))
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .handler(async ({ data: { id } }, unit) => {
    const account = await accounts.get(id);
    if (account) unit.write(accounts.save(account));
    unit.publish(Deposited.from({ id }));
  });
