// An effect at a carrier that allows ten requests a second, and that is left alone while it fails.

import { breaker } from "@essentially-once/messaging/breaker";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { effects } from "@essentially-once/messaging/effect";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rate } from "@essentially-once/messaging/rate";
import { rows } from "@essentially-once/messaging/rows";
import { book, findBooking } from "./bookings.ts";
import { Confirmed, Deposited } from "./messages.ts";

export const handler = consumer(
  contract({ name: "explored-limited", accepts: [Deposited], publishes: [Confirmed] }),
)
  .use(idempotency({ evidence: rows() }))
  .use(breaker({ key: "api", failures: 2, openSeconds: 2, probes: 1 }))
  .use(rate({ key: "api", perSecond: 0.5, burst: 1 }))
  .use(effects())
  .handler(async ({ data }, unit, { effect }) => {
    const reference = data.account;
    await effect(`ship:${reference}`, {
      perform: ({ signal }) => book(reference, signal),
      lookup: ({ signal }) => findBooking(reference, signal),
    });
    unit.publish(Confirmed.from(data));
  });
