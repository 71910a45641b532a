// The other side of the explored effect, as its consumer sees it: what was refused was not booked, everything else may
// have been, and can be asked by its reference.
import { NotPerformed } from "@essentially-once/messaging/effect";
import { RetryLater } from "@essentially-once/messaging/outcome";

const requestTimeoutMs = 2_000;

export interface Booking {
  readonly consignmentId: string;
}

export async function book(reference: string, signal: AbortSignal): Promise<Booking> {
  const response = await call("", signal, { method: "POST", body: JSON.stringify({ reference }) });
  if (response.ok) return (await response.json()) as Booking;
  const later = new RetryLater("CARRIER_UNAVAILABLE");
  throw response.status < 500 || response.status === 503 ? new NotPerformed(later) : later;
}

export async function findBooking(reference: string, signal: AbortSignal): Promise<Booking | undefined> {
  const response = await call(`?reference=${encodeURIComponent(reference)}`, signal);
  if (!response.ok) throw new RetryLater("CARRIER_UNAVAILABLE"); // no answer is not the answer "none"
  return ((await response.json()) as Booking[])[0];
}

function call(query: string, signal: AbortSignal, init: RequestInit = {}): Promise<Response> {
  const timeout = AbortSignal.timeout(requestTimeoutMs);
  const url = `${process.env.CARRIER_URL}/consignments${query}`;
  return fetch(url, { ...init, signal: AbortSignal.any([signal, timeout]) });
}
