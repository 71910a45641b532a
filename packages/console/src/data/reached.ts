// What the console reads and changes: the local cloud of this machine, or a stage, through the same connection as the commands.

import type { Registration } from "@essentially-once/messaging/internal/publish/registration";
import { type ConsumerQueue, consumerQueues } from "@essentially-once/operator/dead-letters/consumer-queues";
import type { Connection } from "@essentially-once/operator/internal/connect/connection";
import { registrationsOf } from "@essentially-once/operator/internal/connect/registry";
import { knowledgeOf } from "@essentially-once/operator/internal/dead-letters/dlq-job";
import type { Knowledge } from "@essentially-once/operator/internal/dead-letters/judge";

export interface Reached {
  readonly connection: Connection;
  readonly queues: readonly ConsumerQueue[];
  readonly known: Knowledge;
  /** Of the relay's registry; empty where it cannot be read, and `registryMissing` says why. */
  readonly registrations: readonly Registration[];
  readonly registryMissing?: string;
}

export async function reach(connection: Connection): Promise<Reached> {
  const queues = consumerQueues(connection.outputs);
  const known = await knowledgeOf(connection);
  try {
    return { connection, queues, known, registrations: await registrationsOf(connection) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      ...{ connection, queues, known, registrations: [] },
      registryMissing: `Which types go where is not known, because the registry was not read: ${why}`,
    };
  }
}

/** The consumers to which the relay sends a type. */
export function consumersOfType({ queues, registrations }: Reached, type: string): ConsumerQueue[] {
  const names = new Set(
    registrations.filter(({ accepts }) => accepts.flat().includes(type)).map(({ name }) => name),
  );
  return queues.filter(({ name }) => names.has(name));
}

/** The consumer whose queue has this ARN or URL, by the queue's name. */
export function consumerOfQueue({ queues }: Reached, queue: string): ConsumerQueue | undefined {
  const name = queueNameOf(queue);
  return queues.find(({ queueUrl }) => queueNameOf(queueUrl) === name);
}

function queueNameOf(queue: string): string {
  return queue.split(/[:/]/).at(-1) ?? "";
}
