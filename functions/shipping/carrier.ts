// The carrier's HTTP API, as this service sees it. The order id is the carrier's idempotency key: asking twice
// for one order gives one consignment.
import * as z from "zod";
import { Park, RetryLater } from "../messaging/outcome.ts";
import type { OrderLine } from "../orders/order.ts";

export interface Consignment {
  readonly consignmentId: string;
}

export interface ConsignmentRequest {
  /** The order id. */
  readonly reference: string;
  readonly shipTo: string;
  readonly lines: readonly OrderLine[];
}

/** Milliseconds; a carrier that is slower than this is asked again later. */
const requestTimeoutMs = 2_000;

const consignmentSchema = z.object({ consignmentId: z.string().min(1) });

/**
 * A client of the carrier at `baseUrl`.
 * @throws Park ADDRESS_REFUSED when the carrier refuses the consignment (422)
 * @throws RetryLater CARRIER_UNAVAILABLE when it gave no usable answer
 */
export function carrierAt(baseUrl: string): { ship(request: ConsignmentRequest): Promise<Consignment> } {
  return {
    async ship(request) {
      const response = await post(request);
      if (response.status === 422)
        throw new Park("ADDRESS_REFUSED", `the carrier refuses order ${request.reference}`);
      if (!response.ok) throw new RetryLater("CARRIER_UNAVAILABLE");
      const consignment = consignmentSchema.safeParse(await response.json());
      if (!consignment.success)
        throw new RetryLater("CARRIER_UNAVAILABLE", undefined, { cause: consignment.error });
      return consignment.data;
    },
  };

  async function post(request: ConsignmentRequest): Promise<Response> {
    try {
      return await fetch(`${baseUrl}/consignments`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": request.reference },
        body: JSON.stringify(request),
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
    } catch (cause) {
      throw new RetryLater("CARRIER_UNAVAILABLE", undefined, { cause });
    }
  }
}
