// The requests sent to DynamoDB from now on, each with the capacity units that it consumed: `UpdateItem 1`.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

export interface Watch {
  readonly seen: readonly string[];
  stop(): readonly string[];
}

interface Consumed {
  readonly CapacityUnits?: number;
}

export function watchRequests(client: DynamoDBClient): Watch {
  const seen: string[] = [];
  const name = "watch-requests";
  client.middlewareStack.add(
    (next, context) =>
      async function watchRequest(args) {
        Object.assign(args.input, { ReturnConsumedCapacity: "TOTAL" });
        const result = await next(args);
        const { ConsumedCapacity: consumed } = result.output as { ConsumedCapacity?: Consumed | Consumed[] };
        const units = [consumed ?? {}].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
        seen.push(`${context.commandName?.replace("Command", "")} ${units}`);
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
