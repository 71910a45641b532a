// The carrier: another company's HTTP API, so no transaction of ours reaches into it. Its books are kept apart
// from everything else, which is why the reconciliation believes them.
//
//   Every POST books; what is booked can be asked by reference. Atlantis is refused (422), and Bermuda always fails (503).
import type { OutsideAnswer, OutsideRequest } from "@essentially-once/local-cloud/trial-run";

export interface Consignment {
  readonly consignmentId: string;
  /** The sender's name for it: an order id. */
  readonly reference: string;
  /** What is to be shipped, as the sender said it. */
  readonly lines: readonly unknown[];
}

export interface Carrier {
  readonly consignments: readonly Consignment[];
  /** How often somebody asked what was booked under a reference. */
  lookedUp(): number;
  answer(request: OutsideRequest): OutsideAnswer;
}

export function openCarrier(): Carrier {
  const consignments: Consignment[] = [];
  let lookedUp = 0;

  function answer({ method, url: { pathname, searchParams }, body }: OutsideRequest): OutsideAnswer {
    if (pathname !== "/consignments") return problem(404, "Only /consignments is here");
    if (method === "POST") return book(Object(body));
    if (method !== "GET") return problem(405, "Only GET and POST are understood");
    lookedUp += 1;
    const reference = searchParams.get("reference");
    return { status: 200, body: consignments.filter((one) => one.reference === reference) };
  }

  function book({ reference, shipTo, lines = [] }: Readonly<Record<string, unknown>>): OutsideAnswer {
    if (typeof reference !== "string" || typeof shipTo !== "string" || !Array.isArray(lines)) {
      return problem(400, "reference, shipTo and lines are required");
    }
    if (shipTo.startsWith("Atlantis")) return problem(422, "No carrier goes to Atlantis");
    if (shipTo.startsWith("Bermuda")) return problem(503, "Lost in the triangle", { "retry-after": "2" });
    const consignmentId = `C${`${consignments.length + 1}`.padStart(6, "0")}`;
    consignments.push({ consignmentId, reference, lines });
    return { status: 201, body: { consignmentId, reference } };
  }

  return { consignments, lookedUp: () => lookedUp, answer };
}

/** https://www.rfc-editor.org/rfc/rfc9457 */
function problem(status: number, title: string, headers: OutsideAnswer["headers"] = {}): OutsideAnswer {
  return { status, headers, body: { title } };
}
