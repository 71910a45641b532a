// The SDK copies the input and output of each request for a log, a tenth of its CPU, also when nobody receives the log. The
// kit's clients do without; what they do is in the kit's own log.

/** The client without the SDK's log of requests. For clients that were given no logger. */
export function unlogged<Client extends { readonly middlewareStack: { remove(name: string): boolean } }>(
  client: Client,
): Client {
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}
