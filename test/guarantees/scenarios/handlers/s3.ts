// A queue that a bucket fills: each object is a deposit of its size.
import * as z from "zod";
import { consumer } from "../../../../functions/messaging/consumer.ts";
import { contract } from "../../../../functions/messaging/contract.ts";
import { guards } from "../../../../functions/messaging/guards.ts";
import { idempotency } from "../../../../functions/messaging/idempotency.ts";
import { messageType } from "../../../../functions/messaging/message-type.ts";
import { rows } from "../../../../functions/messaging/rows.ts";
import { s3Notifications } from "../../../../functions/messaging/s3-notifications.ts";
import { versionedTable } from "../../../../functions/messaging/versioned-table.ts";
import { type Account, deposit } from "./messages.ts";

const Stored = messageType({
  type: "explored.stored.v1",
  schema: z.looseObject({ key: z.string(), size: z.int() }),
  key: ({ key }) => key,
});
const accounts = versionedTable<Account>(process.env.ACCOUNTS_TABLE ?? "");

export const handler = consumer(contract({ name: "explored-s3", accepts: [Stored], from: s3Notifications() }))
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .handler(async ({ data: { key, size } }, unit) => {
    unit.write(accounts.save(deposit(await accounts.get(key), key, size)));
  });
