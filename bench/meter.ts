// Counts what a client asks of DynamoDB: attempts, and capacity as DynamoDB itself reports it. It sits below the
// retries, so that each attempt counts.
import { setTimeout as sleep } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

export interface Usage {
  requests: number;
  writeUnits: number;
  readUnits: number;
  /** Requests whose condition failed or whose transaction was cancelled: charged by AWS, reported by nobody. */
  refused: number;
}

export interface Meter {
  readonly usage: Usage;
  remove(): void;
}

interface Capacity {
  readonly TableName?: string;
  readonly CapacityUnits?: number;
  readonly ReadCapacityUnits?: number;
  readonly WriteCapacityUnits?: number;
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
  const usage: Usage = { requests: 0, writeUnits: 0, readUnits: 0, refused: 0 };
  const stack = client.middlewareStack;
  stack.add(
    (next, context) =>
      async function askForCapacity(args) {
        const input = { ...args.input, ReturnConsumedCapacity: "TOTAL" } as typeof args.input;
        try {
          const result = await next({ ...args, input });
          count(
            context.commandName ?? "",
            (result.output as { ConsumedCapacity?: Capacity | Capacity[] }).ConsumedCapacity,
          );
          return result;
        } catch (error) {
          usage.refused++;
          throw error;
        }
      },
    { name: "bench-capacity", step: "initialize", override: true },
  );
  stack.add(
    (next) =>
      async function countAttempt(args) {
        usage.requests++;
        if (delayMs > 0) await sleep(delayMs);
        return next(args);
      },
    { name: "bench-attempts", step: "deserialize", priority: "low", override: true },
  );
  return {
    usage,
    remove() {
      stack.remove("bench-capacity");
      stack.remove("bench-attempts");
    },
  };

  function count(command: string, capacity: Capacity | readonly Capacity[] = []): void {
    const units = [capacity].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
    if (reads.has(command)) usage.readUnits += units;
    else usage.writeUnits += units;
  }
}
