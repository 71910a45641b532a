// The carrier's HTTP API, as this service sees it. It books each request, so a repeated request books twice; a booking can
// be looked up by our reference.
//
// Its contract: a 422 is final, and a 4xx or a 503 means that nothing was booked. After any other failure (a timeout, a 500, a 502, a truncated
// response) the consignment may be booked or not. With `Retry-After` it says in how many seconds it is to be asked again.
import { NotPerformed } from "@essentially-once/messaging/effect";
import { RetryLater } from "@essentially-once/messaging/outcome";
import * as z from "zod/mini";
import type { OrderLine } from "../orders/order.ts";

export interface Consignment {
  readonly consignmentId: string;
}

/** Nothing is booked under this reference, and nothing ever will be. */
export interface Refusal {
  readonly refused: true;
}

export interface ConsignmentRequest {
  /** The order id. */
  readonly reference: string;
  readonly shipTo: string;
  readonly lines: readonly OrderLine[];
}

export interface Carrier {
  /** Books a consignment, unless its address is refused for good. @throws NotPerformed when nothing was booked, anything else when that is unknown */
  ship(request: ConsignmentRequest, signal: AbortSignal): Promise<Consignment | Refusal>;
  /** The consignment booked under a reference, or undefined when there is none. */
  find(reference: string, signal: AbortSignal): Promise<Consignment | undefined>;
}

/** What it allows all of us together. */
export const carrierRate = { perSecond: 30, burst: 30 };
/** Milliseconds; a request that takes longer is retried later. */
const requestTimeoutMs = 2_000;

const consignmentSchema = z.object({ consignmentId: z.string().check(z.minLength(1)) });

/** A client of the carrier at `baseUrl`. */
export function carrierAt(baseUrl: string): Carrier {
  return {
    async ship(request, signal) {
      const response = await call("", signal, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
      });
      if (response.status === 422) return { refused: true };
      if (!response.ok) throw failure(response);
      return consignmentSchema.parse(await response.json());
    },

    async find(reference, signal) {
      const response = await call(`?reference=${encodeURIComponent(reference)}`, signal);
      if (!response.ok) throw new RetryLater("CARRIER_UNAVAILABLE"); // a failed lookup does not prove that nothing was booked
      return z.array(consignmentSchema).parse(await response.json())[0];
    },
  };

  async function call(query: string, signal: AbortSignal, init: RequestInit = {}): Promise<Response> {
    const timeout = AbortSignal.timeout(requestTimeoutMs);
    return fetch(`${baseUrl}/consignments${query}`, { ...init, signal: AbortSignal.any([signal, timeout]) });
  }
}

function failure({ status, headers }: Response): NotPerformed | RetryLater {
  const unavailable = new RetryLater("CARRIER_UNAVAILABLE", Number(headers.get("retry-after")) || undefined);
  const nothingBooked = (status >= 400 && status < 500) || status === 503;
  return nothingBooked ? new NotPerformed(unavailable) : unavailable;
}
