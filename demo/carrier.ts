// The carrier: another company's HTTP API, so no transaction of ours reaches into it. Its books are kept apart
// from everything else, which is why the reconciliation believes them.
//
//   An `Idempotency-Key` it has seen is answered as before and books nothing; without one, every POST books.
//   It refuses Atlantis for ever (422: the caller's fault) and breaks over Bermuda for ever (503: its own).

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenLocally } from "@essentially-once/local-cloud/local-server";

export interface Carrier {
  readonly url: string;
  readonly counts: CarrierCounts;
  stop(): Promise<void>;
}

export interface CarrierCounts {
  booked: number;
  /** Requests that a key showed to be repeats; they were answered from the books. */
  repeated: number;
  /** How often somebody asked what was booked under a reference. */
  lookedUp: number;
  refused: number;
  broken: number;
}

export interface Consignment {
  readonly consignmentId: string;
  /** The sender's name for it: an order id. */
  readonly reference: string;
  /** What is to be shipped, as the sender said it. */
  readonly lines?: readonly unknown[];
}

interface Books {
  readonly consignments: Consignment[];
  readonly byKey: Map<string, Consignment>;
  readonly counts: CarrierCounts;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const BODY_BYTES_MAX = 100_000;

export async function startCarrier(): Promise<Carrier> {
  const books: Books = {
    consignments: [],
    byKey: new Map(),
    counts: { booked: 0, repeated: 0, lookedUp: 0, refused: 0, broken: 0 },
  };
  const server = createServer((request, response) => {
    answer(books, request).then(
      (given) => send(response, given),
      () => send(response, problem(400, "The request cannot be read")),
    );
  });
  return {
    url: await listenLocally(server),
    counts: books.counts,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(books: Books, request: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(`http://carrier${request.url}`);
  if (pathname !== "/consignments") return problem(404, "Only /consignments is here");
  if (request.method === "GET") return { status: 200, body: find(books, searchParams.get("reference")) };
  if (request.method === "POST")
    return book(books, request.headers["idempotency-key"], await readJson(request));
  return problem(405, "Only GET and POST are understood");
}

function find({ consignments, counts }: Books, reference: string | null): Consignment[] {
  if (reference === null) return consignments;
  counts.lookedUp += 1;
  return consignments.filter((one) => one.reference === reference);
}

function book(books: Books, key: string | string[] | undefined, order: unknown): Answer {
  const { consignments, byKey, counts } = books;
  const { reference, shipTo, lines } = Object(order);
  if (typeof reference !== "string" || typeof shipTo !== "string") {
    return problem(400, "reference and shipTo are required");
  }
  const known = typeof key === "string" ? byKey.get(key) : undefined;
  if (known) {
    counts.repeated += 1;
    return { status: 200, body: known };
  }
  if (shipTo.startsWith("Atlantis")) {
    counts.refused += 1;
    return problem(422, "No carrier goes to Atlantis");
  }
  if (shipTo.startsWith("Bermuda")) {
    counts.broken += 1;
    return problem(503, "Lost in the triangle, please try again");
  }
  const consignment = { consignmentId: `C${`${consignments.length + 1}`.padStart(6, "0")}`, reference };
  consignments.push({ ...consignment, ...(Array.isArray(lines) && { lines }) });
  if (typeof key === "string") byKey.set(key, consignment);
  counts.booked += 1;
  return { status: 201, body: consignment };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > BODY_BYTES_MAX) throw new Error("too long");
  }
  return JSON.parse(text);
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** https://www.rfc-editor.org/rfc/rfc9457 */
function problem(status: number, title: string): Answer {
  return { status, body: { title } };
}
