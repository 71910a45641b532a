// Publisher and sweeper must know the queues of each message, and scheduled functions must run often enough.
//
//   G3. A committed message is sent to every consumer that accepts it, whichever of the two sends it.
//   G7. It is signed in the name of a contract that publishes it, and in no other.
import { contractVariable } from "@essentially-once/messaging/contract";
import { contractOf } from "./contract-rules.ts";
import { registrationsOf, relaysOf } from "./registrations.ts";
import { type Finding, finding, type Rule } from "./rule.ts";
import { isFrequent, startedBy } from "./schedules.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, consumedQueues, mappingsOf, variableOf } from "./wiring.ts";

const contractPath = `Environment.Variables.${contractVariable}`;

export const relayRules: readonly Rule[] = [
  {
    id: "routes-complete",
    demand: "a consumer without a valid registry entry gets no messages",
    check: (templates) => {
      const entries = registrationsOf(templates);
      return expectedRoutes(templates)
        .filter(
          ({ name, type, queue }) =>
            !entries.some(
              (entry) =>
                entry.name === name &&
                entry.accepts.includes(type) &&
                templates.referredTo(entry.queue) === queue,
            ),
        )
        .map(({ consumer, type, queue }) =>
          finding(
            consumer,
            contractPath,
            `an entry of the registry for ${type} to ${queue.path}: addConsumer()`,
          ),
        );
    },
  },
  {
    id: "routes-lead-to-consumers",
    demand: "messages sent to a queue without a consumer expire",
    check: (templates) =>
      registrationsOf(templates)
        .filter(({ accepts }) => accepts.length > 0)
        .filter((entry) =>
          entry.accepts.some(
            (type) =>
              !expectedRoutes(templates).some(
                (route) =>
                  route.name === entry.name &&
                  route.type === type &&
                  route.queue === templates.referredTo(entry.queue),
              ),
          ),
        )
        .map(({ parameter, name }) =>
          finding(parameter, "Value", `the queue of ${name}, and the types that its contract accepts`),
        ),
  },
  {
    id: "authors-complete",
    demand:
      "the relay sends only the types that a function's entry lists: they must be exactly those its contract publishes",
    check: (templates) => {
      const contracts = publishing(templates);
      const entries = registrationsOf(templates);
      return [
        ...entries
          .filter(({ name, publishes }) => sorted(publishes) !== sorted(contracts.get(name)?.publishes ?? []))
          .map(({ parameter, name }) =>
            finding(parameter, "Value", `${name} publishes ${sorted(contracts.get(name)?.publishes)}`),
          ),
        ...entries
          .filter(({ table }) => table !== undefined && !carriesMessages(templates, table))
          .map(({ parameter }) => finding(parameter, "Value", "only a table whose stream a publisher reads")),
        ...[...contracts]
          .filter(([name]) => !entries.some((entry) => entry.name === name))
          .map(([name, { function: each }]) =>
            finding(each, contractPath, `a registry entry for ${name}, added by its stack`),
          ),
      ];
    },
  },
  {
    id: "one-consumer-a-queue",
    demand: "two consumers of one queue split its messages between them",
    check: (templates) =>
      [...consumedQueues(templates).values()]
        .filter((mappings) => mappings.length > 1)
        .flat()
        .map(({ mapping }) => finding(mapping, "EventSourceArn", "a queue of its own for each consumer")),
  },
  {
    id: "projection-is-pulled",
    demand: "a projection without a schedule never runs",
    check: (templates) =>
      projections(templates)
        .filter((each) => !startedBy(templates, each).some((schedule) => isFrequent(schedule, 86_400)))
        .map((each) =>
          finding(each, "Environment.Variables.JOURNAL_TABLE", "a rule that runs it at least once a day"),
        ),
  },
  {
    id: "journal-is-written",
    demand: "the projection reads a journal that the relay does not write",
    check: (templates) =>
      projections(templates).flatMap((each) => {
        const journal = templates.referredTo(variableOf(each, "JOURNAL_TABLE"));
        const isWritten = relaysOf(templates).every(
          (relay) => templates.referredTo(variableOf(relay, "JOURNAL_TABLE")) === journal,
        );
        return isWritten
          ? []
          : [finding(each, "Environment.Variables.JOURNAL_TABLE", "the table of publisher and sweeper")];
      }),
  },
  {
    id: "schedule-may-start",
    demand: "without this permission EventBridge does not start the function, and logs nothing",
    check: (templates) =>
      templates
        .ofType("AWS::Events::Rule")
        .filter((rule) => at(rule, "ScheduleExpression") !== undefined)
        .flatMap((rule) => unpermitted(templates, rule)),
  },
];

/** They pull the journal and send nothing. */
function projections(templates: Templates): Resource[] {
  return templates
    .ofType("AWS::Lambda::Function")
    .filter(
      (each) =>
        variableOf(each, "JOURNAL_TABLE") !== undefined && variableOf(each, "REGISTRY_PATH") === undefined,
    );
}

/** Each contract, with its function. */
function publishing(
  templates: Templates,
): Map<string, { readonly publishes: readonly string[]; readonly function: Resource }> {
  return new Map(
    templates.ofType("AWS::Lambda::Function").flatMap((each) => {
      const contract = contractOf(each);
      return contract ? [[contract.name, { publishes: contract.publishes, function: each }] as const] : [];
    }),
  );
}

/** Its name lets a service's items speak; so it must be one that a publisher reads, and nobody else's. */
function carriesMessages(templates: Templates, table: unknown): boolean {
  const named = templates.referredTo(table);
  const relays = relaysOf(templates);
  return mappingsOf(templates).streams.some(
    ({ source, function: reader }) => source === named && reader !== undefined && relays.includes(reader),
  );
}

function sorted(types: unknown): string {
  return Array.isArray(types) ? types.map(String).sort().join(", ") : "nothing";
}

interface ExpectedRoute {
  readonly name: string;
  readonly consumer: Resource;
  readonly type: string;
  readonly queue: Resource;
}

/** Of consumers that ask for signatures: others get their messages past the relay. */
function expectedRoutes(templates: Templates): ExpectedRoute[] {
  return [...consumedQueues(templates)].flatMap(([queue, mappings]) =>
    mappings.flatMap(({ function: consumer }) => {
      if (consumer === undefined || variableOf(consumer, "SIGNING_SECRET_ARN") === undefined) return [];
      const { name = "", accepts = [] } = contractOf(consumer) ?? {};
      return accepts.map((type) => ({ name, consumer, type: String(type), queue }));
    }),
  );
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
