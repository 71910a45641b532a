// An effect at a carrier that books whatever it is sent.

import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { effects } from "@essentially-once/messaging/effect";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
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
