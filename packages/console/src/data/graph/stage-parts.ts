// The parts of a stage: from the outputs of its stacks and the relay's registry. Schedules that run functions, and functions that
// have no contract, are not in them.

import type { Registration } from "@essentially-once/messaging/internal/publish/registration";
import type { Reached } from "../reached.ts";
import type { LimitNames } from "./limits.ts";
import { type FunctionPart, labelOf, type Parts, serviceOf, tablesIn, wakeUpsIn } from "./parts.ts";

export function stageParts({ connection: { outputs }, queues, registrations }: Reached): Parts {
  const tables = tablesIn(outputs);
  const named = (key: string) => tables.filter((table) => table.key === key).map(({ name }) => name);
  const [outbox, journal] = [named("OrderedOutboxTable"), named("JournalTable")];
  const schedules = named("SchedulesTable");
  const schedulers = schedulersAmong(registrations);
  const wakeUps = wakeUpsIn(outputs);
  const projections = new Set(
    Object.values(outputs).flatMap((stack) =>
      Object.entries(stack).flatMap(([key, name]) => (key.endsWith("Projection") ? [name] : [])),
    ),
  );
  const functions = registrations.map((registration): FunctionPart => {
    const { name, accepts, publishes, stack } = registration;
    const queue = queues.find((one) => one.name === name);
    const service = serviceOf(stack);
    const own = tables.filter((table) => table.service === service).map((table) => table.name);
    const isProjection = projections.has(name);
    return {
      ...{ id: name, label: labelOf(name), service, accepts: accepts.flat(), publishes },
      role: queue ? "consumer" : isProjection ? "projection" : "endpoint",
      ...(queue && { consumer: queue.consumer }),
      tables: [
        ...(schedulers.has(registration) ? schedules : []),
        ...own,
        ...(publishes.length > 0 ? outbox : []),
        ...(isProjection ? journal : []),
      ],
      streams: [],
    };
  });
  const known = new Set(functions.map(({ consumer }) => consumer));
  const others = queues
    .filter(({ consumer }) => !known.has(consumer))
    .map(
      ({ name, consumer }): FunctionPart => ({
        ...{ id: name, label: consumer, service: "", role: "consumer", consumer },
        ...{ accepts: [], publishes: [], tables: [], streams: [] },
      }),
    );
  const relay = (id: string, role: FunctionPart["role"]): FunctionPart => ({
    ...{ id, label: id, service: "Relay", role, accepts: [], publishes: [] },
    tables: [
      ...outbox,
      ...(role === "publisher" ? journal : []),
      ...(role === "dispatcher" ? schedules : []),
    ],
    streams: role === "publisher" ? outbox : [],
  });
  const urls = Object.values(outputs).flatMap((stack) =>
    Object.entries(stack).flatMap(([key]) => {
      const label = /^(?!.*QueueUrl$)(.+)Url$/.exec(key)?.[1];
      const called = functions.find((one) => one.label === label);
      return called ? [{ id: key, label: `POST ${label}`, functionId: called.id }] : [];
    }),
  );
  return {
    functions: [
      ...functions,
      ...others,
      relay("Publish", "publisher"),
      relay("Sweep", "sweeper"),
      ...(wakeUps === undefined ? [] : [relay("Dispatch", "dispatcher")]),
    ],
    ...{ urls, schedules: [], tables, outsides: [] },
    ...(wakeUps !== undefined && { wakeUps }),
  };
}

/** The limits that the handlers of consumers name, as their stacks have registered them. */
export function stageLimits({ queues, registrations }: Reached): LimitNames {
  return new Map(
    queues.flatMap(({ consumer, name }) => {
      const { limits = [] } = registrations.find((one) => one.name === name) ?? {};
      return limits.length > 0 ? [[consumer, limits] as const] : [];
    }),
  );
}

/** In a stage of an older release no entry says who schedules: its processes are known by their messages to themselves. */
function schedulersAmong(registrations: Reached["registrations"]): ReadonlySet<Registration> {
  const said = registrations.filter(({ schedules }) => schedules);
  if (said.length > 0) return new Set(said);
  return new Set(
    registrations.filter(({ accepts, publishes }) => publishes.some((type) => accepts.flat().includes(type))),
  );
}
