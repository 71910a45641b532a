// Stores each text that it receives: data that went by claim check arrive like any other.
import { claimCheck } from "@essentially-once/messaging/claim-check";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
import { type Versioned, versionedTable } from "@essentially-once/messaging/versioned-table";
import { Told } from "./messages.ts";

interface Heard extends Versioned {
  readonly texts: readonly string[];
}

const heard = versionedTable<Heard>(process.env.ACCOUNTS_TABLE ?? "");

export const handler = consumer(contract({ name: "explored-receive-large", accepts: [Told] }))
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .use(claimCheck())
  .handler(async ({ data: { account, text } }, unit) => {
    const { texts, version } = (await heard.get(account)) ?? { texts: [], version: 0 };
    unit.write(heard.save({ id: account, version, texts: [...texts, text] }));
  });
