// The registry: which consumer accepts which type at which queue, and which function publishes it. The relay reads it at
// run time from the entries that the stacks wrote, so it need not be deployed when a service comes or goes.
//
//   G3. A consumer is in the registry, or it is not: a partial read counts as none. When a read fails, the entries of the
//   last one serve for an hour; after that nothing is sent, and the rows wait.
//   G3. An unknown type or producer may just have been deployed: the registry is read again at once, within bounds.
//   G7. A writer of the registry decides whose messages are signed: stacks write it, and the relay may only read it.

import { dynamodb } from "../aws/clients.ts";
import { readParameters } from "../aws/parameters.ts";
import type { OutboxRow } from "../commit/outbox.ts";
import { nowMs } from "../core/clock.ts";
import { environment } from "../core/environment.ts";
import { errorCodeOf } from "../core/error-code.ts";
import { RetryLater } from "../core/outcome.ts";
import { log } from "../observe/log.ts";
import { deployedProducers, type Producers, producersAmong } from "../trust/producers.ts";
import {
  openedName,
  producersIn,
  type Registration,
  RegistrationInvalid,
  readRegistration,
  routesIn,
} from "./registration.ts";
import { type Routes, readRoutes, routesAmong } from "./routes.ts";

/** One reading of it; what is sent together goes by one and the same. */
export interface Known {
  readonly routes: Routes;
  readonly producers?: Producers | undefined;
}

export interface Registry {
  /**
   * What is known about these rows, as new as it has to be.
   * @throws RetryLater REGISTRY_UNREAD when there is nothing to go by
   */
  known(rows: readonly OutboxRow[], options: { readonly deadlineMs: number }): Promise<Known>;
  /** Reads it anew, unless that has just been done: something in it seems not to be true any more. */
  knownNow(options: { readonly deadlineMs: number }): Promise<Known>;
}

export interface RegistryOptions {
  /** Reads all entries; undefined before the relay's stack has been deployed for the first time. */
  readonly load: (options: { readonly deadlineMs: number }) => Promise<readonly Registration[] | undefined>;
}

/** A consumer that comes gets what is sent so much later at the latest; one that goes is sent no more. Milliseconds. */
export const refreshMs = 60_000;
/** So often, at most, something unknown makes us ask; also the pause after a failure while older entries serve. */
export const askAgainMs = 5_000;
/** As long as signing keys: a consumer deployed meanwhile must not miss its messages forever. */
export const staleMsMax = 3_600_000;
/** Kept back from the deadline for the sending. Milliseconds. */
const sendMsMin = 1_000;
/** Longer than a read of 500 entries. */
const readMsMax = 10_000;
const unreadRetrySeconds = 30;
const askedForMax = 1_000;

export function registry({ load }: RegistryOptions): Registry {
  let read: Read | undefined;
  let askedAtMs = 0;
  let asking: Promise<Read> | undefined;
  const askedFor = new Set<string>(); // once: if it is not there then, it comes with the next refresh
  return {
    async known(rows, options) {
      const before = read;
      const now = await usable(options);
      if (now !== before || !mayAsk()) return now;
      const unknown = rows.flatMap(now.unknownIn).filter((each) => !askedFor.has(each));
      if (unknown.length === 0) return now;
      if (askedFor.size > askedForMax) askedFor.clear();
      for (const each of unknown) askedFor.add(each);
      return ask(options).catch(() => now);
    },
    async knownNow(options) {
      const now = await usable(options);
      return mayAsk() ? ask(options).catch(() => now) : now;
    },
  };

  function mayAsk(): boolean {
    return asking !== undefined || nowMs() >= askedAtMs + askAgainMs;
  }

  async function usable(options: { deadlineMs: number }): Promise<Read> {
    if (read === undefined) return ask(options);
    const age = nowMs() - read.atMs;
    if (age < refreshMs || (age < staleMsMax && !mayAsk())) return read;
    const older = read;
    return age < staleMsMax ? ask(options).catch(() => older) : ask(options);
  }

  /** Those who ask at the same time share the answer. */
  function ask(options: { deadlineMs: number }): Promise<Read> {
    asking ??= readAll(options).finally(function forget() {
      asking = undefined;
    });
    return asking;
  }

  async function readAll({ deadlineMs }: { deadlineMs: number }): Promise<Read> {
    askedAtMs = nowMs();
    try {
      const untilMs = Math.min(nowMs() + readMsMax, deadlineMs - sendMsMin);
      read = readOf(await load({ deadlineMs: untilMs }), askedAtMs);
      return read;
    } catch (cause) {
      const detail = cause instanceof RegistrationInvalid ? cause.message : undefined; // others may quote what they read
      log("error", "REGISTRY_UNREAD", { errorCode: errorCodeOf(cause), detail });
      throw new RetryLater("REGISTRY_UNREAD", unreadRetrySeconds, { cause, waited: true });
    }
  }
}

/** That which the construct of the relay names; without one, the variables ROUTES and AUTHORS hold all there is. */
export function deployedRegistry(): Registry {
  const path = process.env.REGISTRY_PATH;
  if (path)
    return registry({ load: ({ deadlineMs }) => readRegistry({ client: dynamodb(), path, deadlineMs }) });
  return fixedRegistry({ routes: readRoutes(environment("ROUTES")), producers: deployedProducers() });
}

/** For who has it all at hand. */
export function fixedRegistry(known: Known): Registry {
  return { known: async () => known, knownNow: async () => known };
}

/** All entries below the path; undefined before the relay's stack has written its own. */
export async function readRegistry(
  from: Parameters<typeof readParameters>[0],
): Promise<Registration[] | undefined> {
  const parameters = await readParameters(from);
  const entries = parameters.filter(({ name }) => name !== openedName);
  if (entries.length === parameters.length) return undefined;
  return entries.map(({ name, value }) => readRegistration(name, value));
}

interface Read extends Known {
  readonly atMs: number;
  /** Messages of the row whose type nobody accepts, or nobody of that name publishes. */
  unknownIn(row: OutboxRow): string[];
}

function readOf(registrations: readonly Registration[] | undefined, atMs: number): Read {
  if (registrations === undefined) log("warn", "REGISTRY_NOT_OPEN");
  const entries = registrations ?? [];
  const routes = routesAmong(routesIn(entries));
  const producers = producersAmong(producersIn(entries));
  return {
    atMs,
    routes,
    producers,
    unknownIn: ({ messages }) =>
      messages
        .filter(({ envelope: { source, type } }) => !routes.has(type) || !producers.publishes(source, type))
        .map(({ envelope: { source, type } }) => `${source} ${type}`),
  };
}
