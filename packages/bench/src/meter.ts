// Counts what a client asks for: attempts, below the SDK's retries, and capacity as DynamoDB itself reports it.
import { setTimeout as sleep } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SQSClient } from "@aws-sdk/client-sqs";

export interface Usage {
  requests: number;
  writeUnits: number;
  readUnits: number;
  /** Requests whose condition failed or whose transaction was cancelled: AWS charges them and reports no units. */
  refused: number;
}

export interface Meter {
  readonly usage: Usage;
  remove(): void;
}

interface Capacity {
  readonly CapacityUnits?: number;
}

const reads = new Set([
  "GetItemCommand",
  "BatchGetItemCommand",
  "QueryCommand",
  "ScanCommand",
  "TransactGetItemsCommand",
]);

/** @param delayMs added to each request */
export function meter(client: DynamoDBClient, { delayMs = 0 }: { delayMs?: number } = {}): Meter {
  const { usage, remove } = attemptsOf(client, { delayMs });
  client.middlewareStack.add(
    (next, context) =>
      async function askForCapacity(args) {
        const input = { ...args.input, ReturnConsumedCapacity: "TOTAL" } as typeof args.input;
        try {
          const result = await next({ ...args, input });
          const { ConsumedCapacity } = result.output as { ConsumedCapacity?: Capacity | Capacity[] };
          count(context.commandName ?? "", ConsumedCapacity);
          return result;
        } catch (error) {
          usage.refused++;
          throw error;
        }
      },
    { name: capacityName, step: "initialize", override: true },
  );
  return {
    usage,
    remove() {
      remove();
      client.middlewareStack.remove(capacityName);
    },
  };

  function count(command: string, capacity: Capacity | readonly Capacity[] = []): void {
    const units = [capacity].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
    if (reads.has(command)) usage.readUnits += units;
    else usage.writeUnits += units;
  }
}

/** The attempts alone. */
export function attemptsOf(
  client: DynamoDBClient | SQSClient,
  { delayMs = 0 }: { delayMs?: number } = {},
): Meter {
  const usage: Usage = { requests: 0, writeUnits: 0, readUnits: 0, refused: 0 };
  // The two clients' stacks differ only in the inputs they carry, and this looks at none.
  const stack = client.middlewareStack as DynamoDBClient["middlewareStack"];
  stack.add(
    (next) =>
      async function countAttempt(args) {
        usage.requests++;
        if (delayMs > 0) await sleep(delayMs);
        return next(args);
      },
    { name: attemptsName, step: "deserialize", priority: "low", override: true },
  );
  return { usage, remove: () => void stack.remove(attemptsName) };
}

const capacityName = "bench-capacity";
const attemptsName = "bench-attempts";
