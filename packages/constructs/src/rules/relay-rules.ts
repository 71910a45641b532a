// Publisher and sweeper know where each message goes, and what runs on a schedule runs soon enough.
//
//   G3. A committed message is sent to every consumer that accepts it, whichever of the two sends it.
//   G7. It is signed in the name of a contract that publishes it, and in no other.
import { contractVariable } from "@essentially-once/messaging/contract";
import { contractOf } from "./contract-rules.ts";
import { type Finding, finding, type Rule } from "./rule.ts";
import { isFrequent, startedBy } from "./schedules.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, consumedQueues, variableOf } from "./wiring.ts";

const routesPath = "Environment.Variables.ROUTES";
const authorsPath = "Environment.Variables.AUTHORS";

export const relayRules: readonly Rule[] = [
  {
    id: "routes-complete",
    demand:
      "a message is not sent to a consumer that is missing in the routes, by the publisher or by the sweeper",
    check: (templates) =>
      relays(templates).flatMap((relay) => {
        const routes = routesOf(relay);
        if (routes === undefined)
          return [finding(relay, routesPath, "those that joinRoutes() makes of all stacks")];
        return expectedRoutes(templates)
          .filter(({ type, queue }) => !routes[type]?.some((url) => templates.referredTo(url) === queue))
          .map(({ type, queue }) => finding(relay, routesPath, `a route for ${type} to ${queue.path}`));
      }),
  },
  {
    id: "routes-lead-to-consumers",
    demand: "what is sent to a queue that nobody consumes is signed, sent and expires",
    check: (templates) =>
      relays(templates).flatMap((relay) =>
        Object.entries(routesOf(relay) ?? {}).flatMap(([type, urls]) =>
          urls
            .filter((url) => !isConsumed(templates, url))
            .map(() => finding(relay, routesPath, `a queue of a consumer of this app for ${type}`)),
        ),
      ),
  },
  {
    id: "authors-complete",
    demand:
      "the relay signs for a contract what it publishes: a type that is missing is never sent, and one too many is anybody's to send",
    check: (templates) =>
      relays(templates).flatMap((relay) => {
        const authors = authorsOf(relay);
        if (authors === undefined)
          return [finding(relay, authorsPath, "what authorsOf() makes of all stacks")];
        const contracts = publishing(templates);
        const names = new Set([...contracts.keys(), ...Object.keys(authors)]);
        return [...names]
          .filter((name) => sorted(authors[name]?.publishes) !== sorted(contracts.get(name)))
          .map((name) => finding(relay, authorsPath, `${name}: ${sorted(contracts.get(name))}`));
      }),
  },
  {
    id: "one-consumer-a-queue",
    demand: "two consumers of one queue share its messages: each of them misses what the other gets",
    check: (templates) =>
      [...consumedQueues(templates).values()]
        .filter((mappings) => mappings.length > 1)
        .flat()
        .map(({ mapping }) => finding(mapping, "EventSourceArn", "a queue of its own for each consumer")),
  },
  {
    id: "projection-is-pulled",
    demand: "a projection that nobody starts stands still",
    check: (templates) =>
      projections(templates)
        .filter((each) => !startedBy(templates, each).some((schedule) => isFrequent(schedule, 86_400)))
        .map((each) =>
          finding(each, "Environment.Variables.JOURNAL_TABLE", "a rule that starts it at least once a day"),
        ),
  },
  {
    id: "journal-is-written",
    demand: "a projection pulls a journal that the relay does not write",
    check: (templates) =>
      projections(templates).flatMap((each) => {
        const journal = templates.referredTo(variableOf(each, "JOURNAL_TABLE"));
        const isWritten = relays(templates).every(
          (relay) => templates.referredTo(variableOf(relay, "JOURNAL_TABLE")) === journal,
        );
        return isWritten
          ? []
          : [finding(each, "Environment.Variables.JOURNAL_TABLE", "the table of publisher and sweeper")];
      }),
  },
  {
    id: "schedule-may-start",
    demand: "EventBridge may not start the function without a permission, and says so in no log of yours",
    check: (templates) =>
      templates
        .ofType("AWS::Events::Rule")
        .filter((rule) => at(rule, "ScheduleExpression") !== undefined)
        .flatMap((rule) => unpermitted(templates, rule)),
  },
];

function relays(templates: Templates): Resource[] {
  return templates.ofType("AWS::Lambda::Function").filter((each) => variableOf(each, "ROUTES") !== undefined);
}

/** They pull the journal and send nothing. */
function projections(templates: Templates): Resource[] {
  return templates
    .ofType("AWS::Lambda::Function")
    .filter(
      (each) => variableOf(each, "JOURNAL_TABLE") !== undefined && variableOf(each, "ROUTES") === undefined,
    );
}

function routesOf(relay: Resource): Readonly<Record<string, readonly string[]>> | undefined {
  try {
    const routes: unknown = JSON.parse(String(variableOf(relay, "ROUTES")));
    const isTable =
      typeof routes === "object" && routes !== null && Object.values(routes).every(Array.isArray);
    return isTable ? (routes as Record<string, string[]>) : undefined;
  } catch {
    return undefined; // it is said with the finding
  }
}

function authorsOf(
  relay: Resource,
): Readonly<Record<string, { readonly publishes?: unknown } | undefined>> | undefined {
  try {
    const authors: unknown = JSON.parse(String(variableOf(relay, "AUTHORS")));
    return typeof authors === "object" && authors !== null ? (authors as Record<string, object>) : undefined;
  } catch {
    return undefined; // it is said with the finding
  }
}

/** The types of each contract that publishes. */
function publishing(templates: Templates): Map<string, readonly string[]> {
  const contracts = templates.ofType("AWS::Lambda::Function").flatMap((each) => contractOf(each) ?? []);
  return new Map(
    contracts.flatMap(({ name, publishes }) => (publishes.length > 0 ? [[name, publishes]] : [])),
  );
}

function sorted(types: unknown): string {
  return Array.isArray(types) ? types.map(String).sort().join(", ") : "nothing";
}

/** Of consumers that ask for signatures: others get their messages past the relay. */
function expectedRoutes(templates: Templates): { readonly type: string; readonly queue: Resource }[] {
  return [...consumedQueues(templates)].flatMap(([queue, mappings]) =>
    mappings.flatMap(({ function: consumer }) => {
      if (consumer === undefined || variableOf(consumer, "SIGNING_SECRET_ARN") === undefined) return [];
      return acceptedBy(consumer).map((type) => ({ type, queue }));
    }),
  );
}

function acceptedBy(consumer: Resource): string[] {
  try {
    const { accepts } = JSON.parse(String(variableOf(consumer, contractVariable)));
    return Array.isArray(accepts) ? accepts.map(String) : [];
  } catch {
    return []; // contract-told says it
  }
}

function isConsumed(templates: Templates, url: string): boolean {
  const queue = templates.referredTo(url);
  return queue !== undefined && consumedQueues(templates).has(queue);
}

function unpermitted(templates: Templates, rule: Resource): Finding[] {
  const targets = at(rule, "Targets");
  if (!Array.isArray(targets)) return [];
  return targets.flatMap((target, index) => {
    const started = templates.referredTo(target?.Arn);
    if (started?.type !== "AWS::Lambda::Function") return [];
    const isPermitted = templates
      .ofType("AWS::Lambda::Permission")
      .some(
        ({ properties: { FunctionName, Principal, SourceArn } }) =>
          templates.referredTo(FunctionName) === started &&
          Principal === "events.amazonaws.com" &&
          (SourceArn === undefined || templates.referredTo(SourceArn) === rule),
      );
    return isPermitted
      ? []
      : [finding(rule, `Targets.${index}.Arn`, `an AWS::Lambda::Permission for ${started.path}`)];
  });
}
