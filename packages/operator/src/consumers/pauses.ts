// Pausing a consumer, and ending that. The record comes first and goes first: a command that dies in between leaves a consumer
// that is paused and says so, or one that is disabled and can be resumed again.
import { setTimeout as sleep } from "node:timers/promises";
import type { ConsumerQueue } from "../dead-letters/consumer-queues.ts";
import { UsageError } from "../terminal/usage-error.ts";
import { type Mapping, mappingOf, setEnabled } from "./mapping.ts";
import { type Clients, isStopped } from "./overview.ts";
import { type Pause, pauseRecords } from "./pause-record.ts";

const wait = (seconds: number) => sleep(seconds * 1_000);

/** @returns false when it was paused already: the first reason stays */
export async function pause(
  clients: Clients,
  queue: ConsumerQueue,
  because: string,
): Promise<{ readonly isNew: boolean; readonly record: Pause }> {
  const mapping = await requireMapping(clients, queue);
  const records = pauseRecords(clients.dynamodb);
  const before = await records.read(queue);
  const record = before ?? (await records.write(queue, because));
  if (mapping.state !== "Disabled")
    await setEnabled({ lambda: clients.lambda, mapping, enabled: false, wait });
  return { isNew: before === undefined, record };
}

/** @returns false when it was not paused */
export async function resume(clients: Clients, queue: ConsumerQueue): Promise<boolean> {
  const mapping = await requireMapping(clients, queue);
  const records = pauseRecords(clients.dynamodb);
  const before = await records.read(queue);
  await records.remove(queue);
  if (mapping.state !== "Enabled") await setEnabled({ lambda: clients.lambda, mapping, enabled: true, wait });
  return before !== undefined || isStopped(mapping);
}

/**
 * Pauses again what a deployment enabled: CloudFormation writes the whole mapping when any of its properties changes.
 * @returns the consumers that it found enabled
 */
export async function holdPauses(clients: Clients, queues: readonly ConsumerQueue[]): Promise<string[]> {
  const held: string[] = [];
  for (const queue of queues) {
    if ((await pauseRecords(clients.dynamodb).read(queue)) === undefined) continue;
    const mapping = await mappingOf(clients, queue);
    if (mapping === undefined || isStopped(mapping)) continue;
    await setEnabled({ lambda: clients.lambda, mapping, enabled: false, wait });
    held.push(queue.name);
  }
  return held;
}

/** Those that an operator paused, by name: of a consumer that a deployment removes or renames, nothing tells afterwards. */
export async function pausedAmong(
  { dynamodb }: Pick<Clients, "dynamodb">,
  queues: readonly ConsumerQueue[],
): Promise<ReadonlyMap<string, Pause>> {
  const records = pauseRecords(dynamodb);
  const found = await Promise.all(
    queues.map(async (queue) => [queue.name, await records.read(queue)] as const),
  );
  return new Map(found.flatMap(([name, pause]) => (pause ? [[name, pause]] : [])));
}

/** A pause is a consumer's: one with another name has a queue of its own, and runs. */
export function goneWhilePaused(
  before: ReadonlyMap<string, Pause>,
  queues: readonly ConsumerQueue[],
): string[] {
  const names = new Set(queues.map(({ name }) => name));
  return [...before]
    .filter(([name]) => !names.has(name))
    .map(
      ([name, { by, because }]) =>
        `${name}, which ${by} paused (${because}), is gone: a consumer that takes its messages is not paused. ` +
        "npm run consumers -- list",
    );
}

async function requireMapping(clients: Clients, queue: ConsumerQueue): Promise<Mapping> {
  const mapping = await mappingOf(clients, queue);
  if (mapping) return mapping;
  throw new UsageError(
    `Nothing reads the queue of ${queue.name}: its event source mapping is gone. Deploy its stack again.`,
  );
}
