// An effect on another system under a lease, and evidence in rows beside it.
import { claimCheck } from "@essentially-once/messaging/claim-check";
import { consumer } from "@essentially-once/messaging/consumer";
import { effects } from "@essentially-once/messaging/effect";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { handOut } from "./contracts.ts";
import type { Delivery } from "./messages.ts";

const deliveries = versionedTable<Delivery>(environment("HANDING_TABLE"));
const carrierUrl = environment("CARRIER_URL");

interface Consignment {
  readonly consignmentId: string;
}

export const handler = consumer(handOut)
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .use(claimCheck())
  .use(effects())
  .handler(async ({ data: { payment: id } }, unit, { effect }) => {
    const { consignmentId } = await effect<Consignment>(`hand-out:${id}`, {
      async perform({ signal, fence }) {
        const body = JSON.stringify({ reference: id, fence });
        return read(await fetch(carrierUrl, { method: "POST", body, signal }));
      },
      async lookup({ signal }) {
        const [found] = await read<Consignment[]>(await fetch(`${carrierUrl}?reference=${id}`, { signal }));
        return found;
      },
    });
    unit.write(deliveries.save({ id, version: 0, consignmentId }));
  });

async function read<Answer>(response: Response): Promise<Answer> {
  if (!response.ok) throw new Error(`the carrier answered ${response.status}`);
  return response.json() as Promise<Answer>;
}
