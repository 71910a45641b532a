// Faults between the SDK and the engine, below the retries, so that each attempt counts: what a network does.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SQSClient } from "@aws-sdk/client-sqs";

/** `before`: the request never arrives. `after`: the engine did it and the answer is lost. */
export type FaultMoment = "before" | "after";

export interface Faults {
  /** How often the command was attempted. */
  readonly attempts: readonly string[];
  remove(): void;
}

/** Fails the given attempts (counted from 1) of a command, or all of them. */
export function injectFaults(
  client: DynamoDBClient | S3Client | SQSClient,
  {
    command,
    moment,
    attempts = "all",
  }: { command: string; moment: FaultMoment; attempts?: "all" | readonly number[] },
): Faults {
  const seen: string[] = [];
  const name = "injected-fault";
  // The clients' stacks differ only in the inputs they carry, and this looks at none.
  const stack = client.middlewareStack as DynamoDBClient["middlewareStack"];
  stack.add(
    (next, context) =>
      async function injectFault(args) {
        if (context.commandName !== command) return next(args);
        seen.push(command);
        const hit = attempts === "all" || attempts.includes(seen.length);
        if (hit && moment === "before") throw connectionLost();
        const output = await next(args);
        if (hit) {
          drain(output.response);
          throw connectionLost();
        }
        return output;
      },
    { name, step: "deserialize", priority: "low", override: true },
  );
  return {
    attempts: seen,
    remove() {
      stack.remove(name);
    },
  };
}

/** An answer that nobody reads would keep its socket, and the pool has fifty. */
function drain(response: unknown): void {
  const { body } = response as { body?: { resume?: () => void } };
  body?.resume?.();
}

function connectionLost(): Error {
  return Object.assign(new Error("socket hang up"), { name: "TimeoutError", code: "ECONNRESET" });
}
