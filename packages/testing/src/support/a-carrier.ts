// A small real HTTP carrier that books every POST it gets, so that a double effect shows, and that can be told
// to go wrong.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What becomes of the next request; after it all is well again. */
export type Trouble =
  | "request-lost"
  | "response-lost"
  | "booked-and-silent"
  | "silent"
  | "booked-and-500"
  | "500"
  | "503"
  | "later-503"
  | "422"
  | "booked-and-half-an-answer";

export interface TestCarrier {
  readonly url: string;
  /** The number of consignments under a reference. */
  consignments(reference: string): number;
  /** What the next requests of a method meet, in turn. */
  trouble(method: "GET" | "POST", ...troubles: readonly Trouble[]): void;
  /** The requests so far, as `POST` or `GET`. */
  readonly requests: string[];
  /** Resolves when a request met a silence: its sender hears nothing any more. */
  silence(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestCarrierOptions {
  /** Refuses a `fence` below the highest it has seen for a reference. */
  readonly refusesOldFences?: boolean;
}

const bookedBefore: readonly Trouble[] = [
  "response-lost",
  "booked-and-silent",
  "booked-and-500",
  "booked-and-half-an-answer",
];

export async function aCarrier({ refusesOldFences = false }: TestCarrierOptions = {}): Promise<TestCarrier> {
  const booked: { reference: string; consignmentId: string }[] = [];
  const fences = new Map<string, number>();
  const troubles: Record<string, Trouble[]> = { GET: [], POST: [] };
  const requests: string[] = [];
  let silent = Promise.withResolvers<void>();

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    consignments: (reference) => booked.filter((one) => one.reference === reference).length,
    trouble: (method, ...added) => void troubles[method]?.push(...added),
    silence: () => silent.promise,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? "";
    const trouble = troubles[method]?.shift();
    if (trouble === "request-lost") return void request.socket.destroy();
    const text = await read(request);
    requests.push(method);
    const result = method === "GET" ? find(request) : arrives(trouble) ? book(JSON.parse(text)) : undefined;
    if (trouble?.endsWith("silent")) fallSilent();
    else if (trouble === "response-lost") request.socket.destroy();
    else send(response, trouble === undefined ? (result ?? [500, {}]) : answerTo(trouble));
  }

  function find(request: IncomingMessage): Answer {
    const reference = new URL(request.url ?? "/", "http://carrier").searchParams.get("reference");
    return [200, booked.filter((one) => one.reference === reference)];
  }

  function book({ reference, fence = 0 }: Order): Answer {
    if (refusesOldFences && fence < (fences.get(reference) ?? 0)) return [409, {}];
    fences.set(reference, fence);
    const consignment = { reference, consignmentId: `C${booked.length + 1}` };
    booked.push(consignment);
    return [201, consignment];
  }

  function fallSilent(): void {
    silent.resolve();
    silent = Promise.withResolvers();
  }
}

type Answer = readonly [status: number, body: unknown, headers?: Readonly<Record<string, string>>];

function arrives(trouble: Trouble | undefined): boolean {
  return trouble === undefined || bookedBefore.includes(trouble);
}

function answerTo(trouble: Trouble): Answer {
  if (trouble === "booked-and-half-an-answer") return [201, {}];
  return [Number(trouble.slice(-3)), {}, trouble === "later-503" ? { "retry-after": "7" } : {}];
}

function send(response: ServerResponse, [status, body, headers]: Answer): void {
  response.writeHead(status, headers).end(JSON.stringify(body));
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}

interface Order {
  readonly reference: string;
  readonly fence?: number;
}
