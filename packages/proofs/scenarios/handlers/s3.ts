// A queue that a bucket fills: each object is a deposit of its size.

import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { messageType } from "@essentially-once/messaging/message-type";
import { rows } from "@essentially-once/messaging/rows";
import { s3Notifications } from "@essentially-once/messaging/s3-notifications";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import * as z from "zod";
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
