// The consumer of the README, with a schema that weighs nothing: what is left is the SDK and the kit.

import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { messageType } from "@essentially-once/messaging/message-type";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import type { StandardSchemaV1 } from "@standard-schema/spec";

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
