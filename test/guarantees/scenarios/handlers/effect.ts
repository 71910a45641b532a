// An effect at a carrier that books whatever it is sent.

import { consumer } from "../../../../functions/messaging/consumer.ts";
import { contract } from "../../../../functions/messaging/contract.ts";
import { effects } from "../../../../functions/messaging/effect.ts";
import { idempotency } from "../../../../functions/messaging/idempotency.ts";
import { rows } from "../../../../functions/messaging/rows.ts";
import { book, findBooking } from "./bookings.ts";
import { Confirmed, Deposited } from "./messages.ts";

export const handler = consumer(
  contract({ name: "explored-effect", accepts: [Deposited], publishes: [Confirmed] }),
)
  .use(idempotency({ evidence: rows() }))
  .use(effects())
  .handler(async ({ data }, unit, { effect }) => {
    const reference = data.account;
    await effect(`ship:${reference}`, {
      perform: ({ signal }) => book(reference, signal),
      lookup: ({ signal }) => findBooking(reference, signal),
    });
    unit.publish(Confirmed.from(data));
  });
