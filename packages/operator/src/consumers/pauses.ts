// Pausing a consumer, and ending that.
//
//   A record says what was done. A pause writes it first, because a consumer that stops must say why, and takes it back when
//   Lambda refuses. A resume removes it once Lambda has taken the change. A command that dies in between leaves a consumer with
//   a record that runs: the list says so, and either command can be repeated.
import { setTimeout as sleep } from "node:timers/promises";
import { nowMs } from "@essentially-once/messaging/clock";
import type { ConsumerQueue } from "../dead-letters/consumer-queues.ts";
import { UsageError } from "../terminal/usage-error.ts";
import {
  askFor,
  type Change,
  ChangeRefused,
  changeMsMax,
  type Mapping,
  mappingsOf,
  untilChanged,
} from "./mapping.ts";
import { type Clients, isOff } from "./overview.ts";
import { type Pause, pauseRecords } from "./pause-record.ts";

/** @returns false when it was paused already: the first reason stays */
export async function pause(
  clients: Clients,
  queue: ConsumerQueue,
  because: string,
): Promise<{ readonly isNew: boolean; readonly record: Pause }> {
  const changes = changesOf(clients, await requireMappings(clients, queue), false);
  const records = pauseRecords(clients.dynamodb);
  const before = await records.read(queue);
  const record = before ?? (await records.write(queue, because));
  const asked = await Promise.allSettled(changes.map(askFor));
  const isRefused = asked.length > 0 && asked.every(hasRefused);
  if (isRefused && before === undefined) await records.remove(queue, record);
  throwFirst(asked);
  await Promise.all(changes.map(untilChanged));
  return { isNew: before === undefined, record };
}

/** @returns false when it was not paused */
export async function resume(clients: Clients, queue: ConsumerQueue): Promise<boolean> {
  const changes = changesOf(clients, await requireMappings(clients, queue), true);
  const records = pauseRecords(clients.dynamodb);
  const before = await records.read(queue);
  throwFirst(await Promise.allSettled(changes.map(askFor)));
  if (before !== undefined) await records.remove(queue, before);
  await Promise.all(changes.map(untilChanged));
  return before !== undefined || changes.some(({ mapping }) => isOff(mapping));
}

export interface Held {
  readonly name: string;
  /** Why it may be running. Absent for one that is paused again. */
  readonly error?: unknown;
}

/**
 * Pauses again what a deployment enabled: CloudFormation writes the whole mapping when any of its properties changes.
 * @returns the consumers that it found enabled, and those of which it could not see or change that
 */
export async function holdPauses(clients: Clients, queues: readonly ConsumerQueue[]): Promise<Held[]> {
  const held = await Promise.all(
    queues.map(async (queue): Promise<Held | undefined> => {
      const { name } = queue;
      try {
        return (await hold(clients, queue)) ? { name } : undefined;
      } catch (error) {
        return { name, error };
      }
    }),
  );
  return held.filter((each) => each !== undefined);
}

async function hold(clients: Clients, queue: ConsumerQueue): Promise<boolean> {
  if ((await pauseRecords(clients.dynamodb).read(queue)) === undefined) return false;
  const running = (await mappingsOf(clients, queue)).filter((mapping) => !isOff(mapping));
  const changes = changesOf(clients, running, false);
  const asked = await Promise.allSettled(changes.map(askFor));
  throwFirst(asked);
  await Promise.all(changes.map(untilChanged));
  return asked.some((each) => each.status === "fulfilled" && each.value);
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

async function requireMappings(clients: Clients, queue: ConsumerQueue): Promise<readonly Mapping[]> {
  const mappings = await mappingsOf(clients, queue);
  if (mappings.length > 0) return mappings;
  throw new UsageError(
    `Nothing reads the queue of ${queue.name}: its event source mapping is gone. Deploy its stack again.`,
  );
}

/** Of those that are not as wanted. One that is on its way there may be on its way back by now, and is asked, too. */
function changesOf({ lambda }: Clients, mappings: readonly Mapping[], enabled: boolean): Change[] {
  const wait = (seconds: number) => sleep(seconds * 1_000);
  const untilMs = nowMs() + changeMsMax;
  return mappings
    .filter(({ state }) => state !== (enabled ? "Enabled" : "Disabled"))
    .map((mapping) => ({ lambda, mapping, enabled, untilMs, wait }));
}

function hasRefused(result: PromiseSettledResult<unknown>): boolean {
  return result.status === "rejected" && result.reason instanceof ChangeRefused;
}

function throwFirst(results: readonly PromiseSettledResult<unknown>[]): void {
  const failed = results.find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}
