// The outbox: only publisher and sweeper delete a row, and both can send it.
//
//   G3. A committed message is sent: by the stream, which must show every new row, and by the sweeper without it.
import { outboxIdAttribute } from "@essentially-once/messaging/internal/commit/inline-write";
import { contractOf } from "./contract-rules.ts";
import { statementsOf } from "./policies.ts";
import { finding, type Rule } from "./rule.ts";
import { isFrequent, startedBy } from "./schedules.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, type Mapping, mappingsOf, numberAt, tablesNamedBy, tableTypes, variableOf } from "./wiring.ts";

/** The outbox, and that of older releases. */
const outboxVariables = ["ORDERED_OUTBOX_TABLE", "OUTBOX_TABLE"];
/** The actions that put a row, or change one. */
const writing = ["PutItem", "UpdateItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate"];
const viewType = "StreamSpecification.StreamViewType";

export const outboxRules: readonly Rule[] = [
  {
    id: "outbox-own-rows",
    demand:
      "the relay signs a row for the function that its key begins with, so a role may only write rows with its own name",
    check: (templates) =>
      statementsOf(templates)
        .filter(({ effect, actions }) => effect === "Allow" && actions.some(isWrite))
        .filter(({ resources }) => resources.some((each) => isOrderedOutbox(templates, each)))
        .flatMap(({ holder, property, roles, condition }) =>
          roles.flatMap((role) => {
            const own = ownersOf(templates, role).map((name) => `${name}#*`);
            if (own.length === 0 || JSON.stringify(condition) === JSON.stringify(leadingKeys(own))) return [];
            return [finding(holder, property, `the condition ${JSON.stringify(leadingKeys(own))}`)];
          }),
        ),
  },
  {
    id: "outbox-one-batch",
    demand:
      "concurrent batches of one shard mix up rows with one partition key, which hold a key's messages in order",
    check: (templates) =>
      publisherMappings(templates).flatMap(({ mapping }) =>
        numberAt(mapping, "ParallelizationFactor", 1) === 1
          ? []
          : [finding(mapping, "ParallelizationFactor", "1, or absent")],
      ),
  },
  {
    id: "outbox-without-ttl",
    demand: "a TTL would delete unsent messages",
    check: (templates) => {
      const tables = new Set([
        ...outboxesOf(templates),
        ...inlineMappings(templates).map(({ source }) => source),
      ]);
      return [...tables].flatMap((table) =>
        table === undefined || at(table, "TimeToLiveSpecification") === undefined
          ? []
          : [finding(table, "TimeToLiveSpecification", "remove it")],
      );
    },
  },
  {
    id: "outbox-stream",
    demand: "the publisher reads messages from the new image of a row",
    check: (templates) =>
      outboxesOf(templates).flatMap((table) =>
        ["NEW_IMAGE", "NEW_AND_OLD_IMAGES"].includes(String(at(table, viewType)))
          ? []
          : [finding(table, viewType, "NEW_IMAGE")],
      ),
  },
  {
    id: "inline-stream",
    demand: "the publisher compares both images of an item to find its new messages",
    check: (templates) =>
      inlineMappings(templates).flatMap(({ source }) =>
        source === undefined || at(source, viewType) === "NEW_AND_OLD_IMAGES"
          ? []
          : [finding(source, viewType, "NEW_AND_OLD_IMAGES")],
      ),
  },
  {
    id: "outbox-is-read",
    demand: "without a publisher on the stream, every message waits for the sweeper",
    check: (templates) =>
      outboxesOf(templates).flatMap((table) =>
        mappingsOf(templates).streams.some(({ source }) => source === table)
          ? []
          : [finding(table, "StreamSpecification", "an event source mapping of an OutboxPublisher")],
      ),
  },
  {
    id: "outbox-is-swept",
    demand:
      "a stream keeps records for 24 hours; without a scheduled sweeper, missed messages are never sent",
    check: (templates) =>
      outboxesOf(templates).flatMap((table) =>
        sweepersOf(templates, table).length > 0
          ? []
          : [
              finding(
                table,
                "KeySchema",
                "an OutboxSweeper: a function that may scan this table, on an enabled schedule of at least every five minutes",
              ),
            ],
      ),
  },
  {
    id: "outbox-filter",
    demand:
      "a filter that matches too little skips messages; one that matches too much sends deleted messages",
    check: (templates) => [
      ...outboxMappings(templates).flatMap(({ mapping }) =>
        filterFindings(mapping, { eventName: ["INSERT"] }),
      ),
      ...inlineMappings(templates).flatMap(({ mapping }) =>
        filterFindings(mapping, {
          dynamodb: { NewImage: { [outboxIdAttribute]: { S: [{ exists: true }] } } },
        }),
      ),
    ],
  },
];

function isWrite(action: string): boolean {
  return writing.some((one) => action === `dynamodb:${one}`);
}

function isOrderedOutbox(templates: Templates, resource: unknown): boolean {
  const table = templates.referredTo(resource);
  if (/\/foundation\/outbox-table\}\}$/.test(String(resource))) return true; // of another app
  return table !== undefined && tablesNamedBy(templates, "ORDERED_OUTBOX_TABLE").has(table);
}

/** The contracts of the functions of a role; none for the relay, which reads the rows of all services. */
function ownersOf(templates: Templates, role: Resource | undefined): string[] {
  return templates
    .ofType("AWS::Lambda::Function")
    .filter((each) => templates.referredTo(each.properties.Role) === role)
    .flatMap((each) => contractOf(each)?.name ?? []);
}

function leadingKeys(keys: readonly string[]) {
  return { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": keys } };
}

function outboxesOf(templates: Templates): Resource[] {
  return [...new Set(outboxVariables.flatMap((variable) => [...tablesNamedBy(templates, variable).keys()]))];
}

function outboxMappings(templates: Templates): Mapping[] {
  return publisherMappings(templates).filter((mapping) => readsOutbox(templates, mapping));
}

/** A publisher that reads another table than its outbox reads items that carry messages of their own. */
function inlineMappings(templates: Templates): Mapping[] {
  return publisherMappings(templates).filter((mapping) => !readsOutbox(templates, mapping));
}

function publisherMappings(templates: Templates): Mapping[] {
  return mappingsOf(templates).streams.filter(
    (mapping) =>
      tableTypes.includes(mapping.source?.type ?? "") && tablesOf(templates, mapping.function).length > 0,
  );
}

function readsOutbox(templates: Templates, { source, function: publisher }: Mapping): boolean {
  return tablesOf(templates, publisher).some((table) => table === source);
}

/** The outboxes that a function knows. */
function tablesOf(templates: Templates, user: Resource | undefined): Resource[] {
  const named = outboxVariables.map((variable) => templates.referredTo(variableOf(user, variable)));
  return named.filter((table) => table !== undefined);
}

function sweepersOf(templates: Templates, table: Resource): Resource[] {
  const scanners = statementsOf(templates)
    .filter(
      ({ actions, resources }) =>
        actions.includes("dynamodb:Scan") && resources.some((each) => templates.referredTo(each) === table),
    )
    .flatMap(({ roles }) => roles);
  return templates
    .ofType("AWS::Lambda::Function")
    .filter((each) => tablesOf(templates, each).includes(table))
    .filter((each) => scanners.includes(templates.referredTo(each.properties.Role)))
    .filter((each) => startedBy(templates, each).some((schedule) => isFrequent(schedule, sweepSecondsMax)));
}

/** What the stream missed waits as long as that, and the alarm on a silent sweeper rings after three times five minutes. */
const sweepSecondsMax = 300;

function filterFindings(mapping: Resource, pattern: object) {
  const filters = at(mapping, "FilterCriteria.Filters");
  const patterns: unknown[] = Array.isArray(filters) ? filters.map((filter) => filter?.Pattern) : [];
  const [only, ...others] = patterns;
  const wanted = JSON.stringify(pattern);
  return compact(only) === wanted && others.length === 0
    ? []
    : [finding(mapping, "FilterCriteria", `one pattern: ${wanted}`)];
}

/** The same pattern is written in many ways; what is no JSON is none. */
function compact(pattern: unknown): string | undefined {
  try {
    return typeof pattern === "string" ? JSON.stringify(JSON.parse(pattern)) : undefined;
  } catch {
    return undefined; // it is said with the finding
  }
}
