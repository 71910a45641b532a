// Requests by `node:http` and `node:https`, which packages make (axios, for one): no fault meets them, but they are seen.

import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { belongingNow } from "./belonging.ts";
import { stackHere } from "./call-site.ts";
import { currentProcess } from "./process-identity.ts";

const clients = new AsyncLocalStorage<true>();

/** The requests of an SDK client, which the gate has seen. */
export function asClient<Result>(work: () => Result): Result {
  return clients.run(true, work);
}

/** Once a Node process. */
export function watchHttpRequests(): void {
  subscribe("http.client.request.created", function onRequest(told) {
    const owner = currentProcess();
    if (owner === undefined || clients.getStore()) return;
    const { request } = told as { readonly request: ClientRequest };
    const [path] = request.path.split("?");
    const command = `${request.method} ${path}`;
    owner.simulation.seen?.({
      process: owner,
      command,
      input: undefined,
      logical: request,
      belongs: belongingNow(),
      stack: stackHere(),
    });
  });
}
