// One fault at one AWS call, wherever it is: calls are counted over all commands, each attempt of the SDK alone.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/**
 * `lost-request`, `lost-response`: this attempt only. `down`, `mute`: from here on every request, or every
 * response, is lost. `killed-before`, `killed-after`, `paused-after`: whoever called hears nothing any more, or
 * nothing until `resume`.
 */
export const callFaults = [
  "lost-request",
  "lost-response",
  "down",
  "mute",
  "killed-before",
  "killed-after",
] as const;
export type CallFault = (typeof callFaults)[number] | "paused-after";

export interface FaultAtCall {
  readonly calls: readonly string[];
  /** Resolves when the caller was killed or paused. */
  readonly stopped: Promise<void>;
  /** Lets a paused caller go on. */
  resume(): void;
  remove(): void;
}

/** `nth` counts from 1; without a fault it only counts. */
export function faultAtCall(
  client: DynamoDBClient | S3Client | SecretsManagerClient,
  { nth, fault }: { nth?: number; fault?: CallFault } = {},
): FaultAtCall {
  const calls: string[] = [];
  const name = "fault-at-call";
  const stopped = Promise.withResolvers<void>();
  const resumed = Promise.withResolvers<void>();
  // The clients' stacks differ only in the inputs they carry, and this looks at none.
  const stack = client.middlewareStack as DynamoDBClient["middlewareStack"];
  stack.add(
    (next, context) =>
      async function injectFault(args) {
        const call = calls.push(context.commandName ?? "");
        const met = isMet(call) ? fault : undefined;
        await meet(met, { stops: "killed-before", fails: ["lost-request", "down"] });
        const output = await next(args);
        if (met !== undefined && met !== "paused-after") drain(output.response);
        await meet(met, { stops: "killed-after", fails: ["lost-response", "mute"] });
        if (met === "paused-after") await pause();
        return output;
      },
    { name, step: "deserialize", priority: "low", override: true },
  );
  return {
    calls,
    stopped: stopped.promise,
    resume: resumed.resolve,
    remove() {
      stack.remove(name);
    },
  };

  function isMet(call: number): boolean {
    const lasting = fault === "down" || fault === "mute";
    return nth !== undefined && (call === nth || (lasting && call > nth));
  }

  function pause(): Promise<void> {
    stopped.resolve();
    return resumed.promise;
  }

  async function meet(
    met: CallFault | undefined,
    { stops, fails }: { stops: CallFault; fails: readonly CallFault[] },
  ): Promise<void> {
    if (met === undefined) return;
    if (fails.includes(met)) throw connectionLost();
    if (met !== stops) return;
    stopped.resolve();
    await new Promise(() => undefined);
  }
}

/** An answer that nobody reads would keep its socket, and the pool has fifty. */
function drain(response: unknown): void {
  const { body } = response as { body?: { resume?: () => void } };
  body?.resume?.();
}

function connectionLost(): Error {
  return Object.assign(new Error("socket hang up"), { name: "TimeoutError", code: "ECONNRESET" });
}
