// The clients that reach consumers: their queues, their records, their event source mappings.
import { LambdaClient } from "@aws-sdk/client-lambda";
import type { Connection } from "../connect/connection.ts";
import { UsageError } from "../terminal/usage-error.ts";
import type { Clients } from "./overview.ts";

/** @throws UsageError for a local cloud that cannot pause */
export function clientsOf({
  sqs,
  dynamodb,
  local,
}: Pick<Connection, "sqs" | "dynamodb" | "local">): Clients & { readonly lambda: LambdaClient } {
  const { endpoints, ...shared } = local;
  const { lambda: endpoint } = endpoints;
  if (endpoints.sqs !== undefined && endpoint === undefined)
    throw new UsageError("The running local cloud cannot pause consumers: restart it with this release.");
  return { sqs, dynamodb, lambda: new LambdaClient({ ...shared, ...(endpoint && { endpoint }) }) };
}
