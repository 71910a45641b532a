// Writes down what came to it, whole: data that went by claim check look like any other.
import { claimCheck } from "../../../../functions/messaging/claim-check.ts";
import { consumer } from "../../../../functions/messaging/consumer.ts";
import { contract } from "../../../../functions/messaging/contract.ts";
import { guards } from "../../../../functions/messaging/guards.ts";
import { idempotency } from "../../../../functions/messaging/idempotency.ts";
import { rows } from "../../../../functions/messaging/rows.ts";
import { type Versioned, versionedTable } from "../../../../functions/messaging/versioned-table.ts";
import { Told } from "./messages.ts";

interface Heard extends Versioned {
  readonly texts: readonly string[];
}

const heard = versionedTable<Heard>(process.env.ACCOUNTS_TABLE ?? "");

export const handler = consumer(contract({ name: "explored-hears", accepts: [Told] }))
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .use(claimCheck())
  .handler(async ({ data: { account, text } }, unit) => {
    const { texts, version } = (await heard.get(account)) ?? { texts: [], version: 0 };
    unit.write(heard.save({ id: account, version, texts: [...texts, text] }));
  });
