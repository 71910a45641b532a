// Hands an approved order to the carrier: an effect outside DynamoDB, performed once under a lease (G8). After a crash it is
// looked up at the carrier. A recalled order takes the same lease: either it has left, or it never will. Orders wait while the
// carrier is down, and for its rate. Powertools writes log, metrics and traces, because these calls need the most detail.
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { breaker } from "@essentially-once/messaging/breaker";
import { claimCheck } from "@essentially-once/messaging/claim-check";
import { nowIso } from "@essentially-once/messaging/clock";
import { consumer } from "@essentially-once/messaging/consumer";
import { effects } from "@essentially-once/messaging/effect";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { activeTracer } from "@essentially-once/messaging/internal/observe/subsegment";
import { powertools } from "@essentially-once/messaging/powertools";
import { rate } from "@essentially-once/messaging/rate";
import { rows } from "@essentially-once/messaging/rows";
import { type Versioned, versionedTable } from "@essentially-once/messaging/versioned-table";
import { OrderApproved } from "../orders/messages.ts";
import { type Consignment, carrierAt, carrierRate, type Refusal } from "./carrier.ts";
import { shipOrder } from "./contracts.ts";
import { OrderShipped, ShippingRefused } from "./messages.ts";

/** `id` is the order's. */
interface Shipment extends Versioned {
  readonly consignmentId: string;
  readonly shippedAt: string;
}

const shipments = versionedTable<Shipment>(environment("SHIPPING_TABLE"));
const carrier = carrierAt(environment("CARRIER_URL"));

export const handler = consumer(shipOrder)
  .use(powertools({ logger: new Logger(), metrics: new Metrics(), tracer: activeTracer() }))
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .use(breaker({ key: "carrier", openSeconds: 1 }))
  .use(rate({ key: "carrier", ...carrierRate }))
  .use(claimCheck())
  .use(effects())
  .handler(async (message, unit, { effect, traced }) => {
    const { orderId } = message.data;
    const booking = await effect<Consignment | Refusal>(`ship:${orderId}`, {
      perform: async ({ signal }) => {
        if (message.type !== OrderApproved.type) return { refused: true };
        const { shipTo, lines } = message.data;
        return traced("carrier", () => carrier.ship({ reference: orderId, shipTo, lines }, signal));
      },
      lookup: ({ signal }) => traced("carrier", () => carrier.find(orderId, signal)),
    });
    if ("refused" in booking) unit.publish(ShippingRefused.from({ orderId }));
    else if ((await shipments.get(orderId)) === undefined) {
      const { consignmentId } = booking;
      unit.write(shipments.save({ id: orderId, version: 0, consignmentId, shippedAt: nowIso() }));
      unit.publish(OrderShipped.from({ orderId, consignmentId }));
    }
  });
