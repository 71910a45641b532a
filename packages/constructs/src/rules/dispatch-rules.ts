// Scheduled messages: each function reaches its own alone, and a dispatcher sends what is due, in time, and is missed when it is silent.
//
//   G12. A scheduled message is sent: an item of the table leaves it by the dispatcher, or by a cancel of its own contract.
import { metricNames } from "@essentially-once/messaging/internal/core/metric-names";
import { dueIndex } from "@essentially-once/messaging/internal/schedule/scheduled-item";
import { contractOf } from "./contract-rules.ts";
import { type Statement, statementsOf } from "./policies.ts";
import { type Finding, finding, type Rule } from "./rule.ts";
import { isFrequent, startedBy } from "./schedules.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, mappingsOf, numberAt, tablesNamedBy, variableOf } from "./wiring.ts";

const tableVariable = "SCHEDULES_TABLE";
const queueVariable = "WAKE_UP_QUEUE_URL";
/** A message whose wake-up was lost waits as long as that. */
const runSecondsMax = 60;

export const dispatchRules: readonly Rule[] = [
  {
    id: "schedules-own-items",
    demand: "a function may cancel, move and read the scheduled messages of its own contract only",
    check: (templates) =>
      allowed(templates)
        .filter(({ resources }) => resources.some((each) => isSchedules(templates, each)))
        .flatMap(({ holder, property, roles, condition }) =>
          roles.flatMap((role) => {
            const own = ownersOf(templates, role).map((name) => `${name}#*`);
            const wanted = { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": own } };
            if (own.length === 0 || JSON.stringify(condition) === JSON.stringify(wanted)) return [];
            return [finding(holder, property, `the condition ${JSON.stringify(wanted)}`)];
          }),
        ),
  },
  {
    id: "schedules-without-ttl",
    demand: "a TTL would delete messages that wait for their time",
    check: (templates) =>
      tables(templates).flatMap((table) =>
        at(table, "TimeToLiveSpecification") === undefined
          ? []
          : [finding(table, "TimeToLiveSpecification", "remove it")],
      ),
  },
  {
    id: "schedules-index",
    demand: "the dispatcher finds due messages by this index and by no other way",
    check: (templates) =>
      tables(templates).flatMap((table) => {
        const indexes = [at(table, "GlobalSecondaryIndexes")].flat();
        const isThere = indexes.some(
          (index) => Object(index).IndexName === dueIndex && keysOf(index) === "slot HASH, due RANGE",
        );
        return isThere
          ? []
          : [finding(table, "GlobalSecondaryIndexes", `an index ${dueIndex} with the keys slot and due`)];
      }),
  },
  {
    id: "schedules-dispatched",
    demand:
      "without a dispatcher that runs each minute, a scheduled message that is due is never sent, or late",
    check: (templates) =>
      tables(templates).flatMap((table) =>
        dispatchersOf(templates, table).some((each) =>
          startedBy(templates, each).some((schedule) => isFrequent(schedule, runSecondsMax)),
        )
          ? []
          : [
              finding(
                table,
                "KeySchema",
                "a ScheduleDispatcher: a function that may delete its items, on an enabled schedule of every minute",
              ),
            ],
      ),
  },
  {
    id: "schedules-woken",
    demand: "without wake-ups a scheduled message is up to a minute late",
    check: (templates) =>
      templates
        .ofType("AWS::Lambda::Function")
        .filter((each) => isSchedules(templates, variableOf(each, tableVariable)))
        .filter((each) => !isWoken(templates, each))
        .map((each) =>
          finding(each, `Environment.Variables.${queueVariable}`, "the queue that the dispatcher consumes"),
        ),
  },
  {
    id: "dispatcher-alarms",
    demand: "alarms must report a dispatcher that does not run, and messages that are overdue",
    check: (templates) =>
      tables(templates)
        .flatMap((table) => dispatchersOf(templates, table))
        .flatMap((each) => alarmFindings(templates, each)),
  },
];

function tables(templates: Templates): Resource[] {
  return [...tablesNamedBy(templates, tableVariable).keys()];
}

function isSchedules(templates: Templates, reference: unknown): boolean {
  const table = templates.referredTo(reference);
  if (/\/foundation\/schedules-table\}\}$/.test(String(reference))) return true; // of another app
  return table !== undefined && tables(templates).includes(table);
}

function allowed(templates: Templates): Statement[] {
  return statementsOf(templates).filter(
    ({ effect, actions }) => effect === "Allow" && actions.some((action) => action.startsWith("dynamodb:")),
  );
}

function ownersOf(templates: Templates, role: Resource | undefined): string[] {
  return templates
    .ofType("AWS::Lambda::Function")
    .filter((each) => templates.referredTo(each.properties.Role) === role)
    .flatMap((each) => contractOf(each)?.name ?? []);
}

/** Functions without a contract that may remove what is due. */
function dispatchersOf(templates: Templates, table: Resource): Resource[] {
  const removers = allowed(templates)
    .filter(({ actions }) => actions.includes("dynamodb:DeleteItem"))
    .filter(({ resources }) => resources.some((each) => templates.referredTo(each) === table))
    .flatMap(({ roles }) => roles);
  return [...(tablesNamedBy(templates, tableVariable).get(table) ?? [])].filter(
    (each) => contractOf(each) === undefined && removers.includes(templates.referredTo(each.properties.Role)),
  );
}

function isWoken(templates: Templates, each: Resource): boolean {
  const url = variableOf(each, queueVariable);
  if (/\/foundation\/wake-up-queue\}\}$/.test(String(url))) return true; // of another app
  const queue = templates.referredTo(url);
  const dispatchers = tables(templates).flatMap((table) => dispatchersOf(templates, table));
  return mappingsOf(templates).queues.some(
    ({ source, function: reader }) =>
      source !== undefined && source === queue && reader !== undefined && dispatchers.includes(reader),
  );
}

function alarmFindings(templates: Templates, dispatcher: Resource): Finding[] {
  const service = variableOf(dispatcher, "POWERTOOLS_SERVICE_NAME");
  const alarms = templates
    .ofType("AWS::CloudWatch::Alarm")
    .filter((alarm) => at(alarm, "ActionsEnabled") !== false);
  const isOverdue = alarms.some(
    (alarm) =>
      at(alarm, "MetricName") === metricNames.scheduleAgeSeconds &&
      at(alarm, "Statistic") === "Maximum" &&
      String(at(alarm, "ComparisonOperator")).startsWith("GreaterThan") &&
      numberAt(alarm, "Threshold", Number.NaN) <= overdueSecondsMax &&
      dimensions(alarm).some((value) => value === service),
  );
  const isSilent = alarms.some(
    (alarm) =>
      at(alarm, "MetricName") === "Invocations" &&
      at(alarm, "Statistic") === "Sum" &&
      String(at(alarm, "ComparisonOperator")).startsWith("LessThan") &&
      numberAt(alarm, "Threshold", 0) >= 1 &&
      at(alarm, "TreatMissingData") === "breaching" &&
      dimensions(alarm).some((value) => templates.referredTo(value) === dispatcher),
  );
  return [
    { metric: metricNames.scheduleAgeSeconds, isThere: isOverdue },
    { metric: "Invocations", isThere: isSilent },
  ].flatMap(({ metric, isThere }) =>
    isThere
      ? []
      : [
          {
            ...finding(dispatcher, `Alarm on ${metric}`, "name its stack in `watched` of OperationsStack"),
            value: undefined,
          },
        ],
  );
}

const overdueSecondsMax = 3_600;

function dimensions(alarm: Resource): unknown[] {
  return [at(alarm, "Dimensions")].flat().map((dimension) => Object(dimension).Value);
}

function keysOf(index: unknown): string {
  const keys: unknown[] = [Object(index).KeySchema].flat();
  return keys.map((key) => `${Object(key).AttributeName} ${Object(key).KeyType}`).join(", ");
}
