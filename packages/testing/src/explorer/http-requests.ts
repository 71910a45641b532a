// Requests that neither an SDK client nor `fetch` makes: by `node:http` (axios, got), HTTP/2 (gRPC) and the package undici.
// No fault meets them, but they are seen, where Node tells of them.
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { currentCallContext } from "./call-context.ts";
import { stackHere } from "./call-site.ts";
import { currentProcess } from "./process-identity.ts";

const clients = new AsyncLocalStorage<true>();

/** The requests of an SDK client, which the gate has seen. */
export function asClient<Result>(work: () => Result): Result {
  return clients.run(true, work);
}

interface Request {
  readonly method: string;
  readonly path: string;
}

/** https://nodejs.org/api/diagnostics_channel.html#built-in-channels, and undici's own; each is told by who asks. */
const channels: Readonly<Record<string, (told: never) => Request>> = {
  "http.client.request.created": ({ request }: { readonly request: Request }) => request,
  "undici:request:create": ({ request }: { readonly request: Request }) => request,
  "http2.client.stream.created": ({ headers }: { readonly headers: Readonly<Record<string, string>> }) => ({
    method: headers[":method"] ?? "GET",
    path: headers[":path"] ?? "/",
  }),
};

/** Once a Node process. `fetch` is undici, too, and is made where no process is: below the gate. */
export function watchHttpRequests(): void {
  for (const [channel, requestIn] of Object.entries(channels)) {
    subscribe(channel, (told) => tell(requestIn(told as never)));
  }
}

function tell({ method, path }: Request): void {
  const owner = currentProcess();
  if (owner === undefined || clients.getStore()) return;
  owner.simulation.seen?.({
    process: owner,
    command: `${method} ${path.split("?")[0]}`,
    input: undefined,
    logical: {},
    belongs: currentCallContext(),
    stack: stackHere(),
  });
}
