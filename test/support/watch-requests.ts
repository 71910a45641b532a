// What is sent to DynamoDB from now on, with the capacity units that it says it took: `UpdateItem 1`.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

export interface Watch {
  readonly seen: readonly string[];
  stop(): readonly string[];
}

export function watchRequests(client: DynamoDBClient): Watch {
  const seen: string[] = [];
  const name = "watch-requests";
  client.middlewareStack.add(
    (next, context) =>
      async function watchRequest(args) {
        Object.assign(args.input, { ReturnConsumedCapacity: "TOTAL" });
        const result = await next(args);
        const { ConsumedCapacity } = result.output as { ConsumedCapacity?: { CapacityUnits?: number } };
        seen.push(`${context.commandName?.replace("Command", "")} ${ConsumedCapacity?.CapacityUnits}`);
        return result;
      },
    { name, step: "initialize", override: true },
  );
  return {
    seen,
    stop() {
      client.middlewareStack.remove(name);
      return seen;
    },
  };
}
