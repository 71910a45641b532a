// Finds work that a handler started and did not wait for. Such work belongs to no commit, so the message fails and
// nothing of it is committed. Calls that such work makes after its handler has ended are refused.
//
//   G2. An effect that the commit does not know of would happen again with every delivery (Q12).
//
// It sees effects and the calls of watched clients (clients.ts makes no others). It does not see a promise that makes
// neither before its handler ends, such as a `fetch` or a timer; it sees only that promise's later use of the unit of
// work or of a watched client.
import { AsyncLocalStorage } from "node:async_hooks";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { noteCall } from "../core/called.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import { log } from "../observe/log.ts";
import { callContext } from "../observe/scope.ts";

/** What a unit of work takes from its handler, for as long as that runs. */
interface Open {
  write(...writes: never[]): void;
  publish(...messages: never[]): void;
}

interface Run {
  /** The name of each call in progress. */
  readonly calls: Map<object, string>;
  ended: boolean;
}

const runs = new AsyncLocalStorage<Run>();
const begun = new WeakSet<Open>();

/**
 * Runs a handler to its end.
 * @throws RetryLater NOT_AWAITED when what it started is still running, or whatever the handler throws
 */
export async function runToEnd<Unit extends Open, Result>(
  unit: Unit,
  work: (unit: Unit) => Promise<Result>,
): Promise<Result> {
  const run: Run = { calls: new Map(), ended: false };
  begun.add(unit);
  try {
    const result = await runs.run(run, () =>
      callContext.runStores({ run }, () => work(openDuring(run, unit))),
    );
    if (run.calls.size > 0) throw notAwaited([...run.calls.values()]);
    return result;
  } finally {
    run.ended = true;
  }
}

/** Whether a handler has begun with this unit: before that, the message was only read. */
export function hasRun(unit: Open): boolean {
  return begun.has(unit);
}

/**
 * Counts the client's calls among the work of the handler that makes them.
 * ```ts
 * const ses = watched(new SESv2Client({})); // a client of your own, at the top of the file
 * ```
 */
export function watched<Client extends { readonly middlewareStack: object }>(client: Client): Client {
  // The stacks of all clients differ only in the inputs they carry, and this looks at none.
  const stack = client.middlewareStack as DynamoDBClient["middlewareStack"];
  stack.add(
    (next, { commandName = "a command" }) =>
      async function watch(args) {
        const run = runs.getStore();
        const site = run && new Error(); // its frames are written out only when somebody asks
        try {
          return await (run === undefined ? next(args) : during(run, commandName, () => next(args)));
        } catch (error) {
          noteCall(error, { commandName, input: args.input, site });
          throw error;
        }
      },
    { name: "watch-calls", step: "initialize", priority: "high", override: true },
  );
  return client;
}

/** Work of the kit's own for a handler: counted as a whole, and let to its end when the handler forgets it. */
export function watchedWork<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const run = runs.getStore();
  return run === undefined
    ? work()
    : during(run, name, () => callContext.runStores({ effect: name }, () => runs.exit(work)));
}

function during<Result>(run: Run, name: string, work: () => Promise<Result>): Promise<Result> {
  if (run.ended) return Promise.reject(tooLate(name));
  const call = {};
  run.calls.set(call, name);
  const end = () => run.calls.delete(call);
  const done = work();
  done.then(end, end); // before the code that awaits it goes on
  return done;
}

/** The unit of work as its handler sees it: refuses writes and messages added after the handler ended, as no commit follows. */
function openDuring<Unit extends Open>(run: Run, unit: Unit): Unit {
  return {
    ...unit,
    write(...writes: never[]) {
      if (run.ended) throw tooLate("unit.write");
      unit.write(...writes);
    },
    publish(...messages: never[]) {
      if (run.ended) throw tooLate("unit.publish");
      unit.publish(...messages);
    },
  };
}

/** Logged as well: there may be no caller left to catch it. */
export function tooLate(call: string): Error {
  log("error", "CALLED_LATE", { call });
  return new Error(`${call} was called after its handler ended: await everything the handler starts`);
}

/** How many are named. */
const namesMax = 5;

function notAwaited(names: readonly string[]): RetryLater {
  const named = names.slice(0, namesMax).join(", ");
  const detail = `${names.length} still running when the handler ended: ${named}${names.length > namesMax ? " …" : ""}`;
  return new RetryLater("NOT_AWAITED", undefined, { lastly: new Park("NOT_AWAITED", detail) });
}
