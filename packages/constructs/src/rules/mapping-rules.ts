// Mappings between a source of events and a function, whichever source it is.
//
//   G5. One bad record fails alone: both sides take partial batch responses.
import { type Finding, finding, type Rule } from "./rule.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, deadLettersOf, isTrue, type Mapping, mappingsOf, numberAt, variableOf } from "./wiring.ts";

export const mappingRules: readonly Rule[] = [
  {
    id: "mapping-known",
    demand: "the rules cannot check a source or a function outside this app",
    check: (templates) =>
      all(templates).flatMap(({ mapping, source, function: consumer }) => [
        ...(source === undefined ? [finding(mapping, "EventSourceArn", "a queue or table of this app")] : []),
        ...(consumer === undefined ? [finding(mapping, "FunctionName", "a function of this app")] : []),
      ]),
  },
  {
    id: "mapping-enabled",
    demand: "the messages of a disabled mapping expire",
    check: (templates) =>
      all(templates).flatMap(({ mapping }) => {
        const enabled = at(mapping, "Enabled");
        return enabled === undefined || isTrue(enabled)
          ? []
          : [
              finding(
                mapping,
                "Enabled",
                "true; to stop a consumer for a while, run `npm run consumers -- pause NAME --because TEXT`",
              ),
            ];
      }),
  },
  {
    id: "partial-batch-responses",
    demand:
      "without ReportBatchItemFailures one bad record redelivers its whole batch, and reported failures count as successes",
    check: (templates) =>
      all(templates).flatMap(({ mapping }) => {
        const types = at(mapping, "FunctionResponseTypes");
        const reports = Array.isArray(types) && types.includes("ReportBatchItemFailures");
        return reports ? [] : [finding(mapping, "FunctionResponseTypes", '["ReportBatchItemFailures"]')];
      }),
  },
  {
    id: "no-queue-filter",
    // https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
    demand: "Lambda deletes messages that the filter does not match",
    check: (templates) =>
      mappingsOf(templates).queues.flatMap(({ mapping }) =>
        at(mapping, "FilterCriteria") === undefined
          ? []
          : [finding(mapping, "FilterCriteria", "remove it: the consumer parks messages it does not accept")],
      ),
  },
  {
    id: "max-concurrency",
    demand:
      "without a limit the mapping receives more messages than the function may run, and each throttled receive counts",
    check: (templates) =>
      mappingsOf(templates).queues.flatMap(({ mapping }) => {
        const given = numberAt(mapping, "ScalingConfig.MaximumConcurrency", Number.NaN);
        return given >= 2 && given <= 1000
          ? []
          : [finding(mapping, "ScalingConfig.MaximumConcurrency", "2 to 1000")];
      }),
  },
  {
    id: "reserved-concurrency",
    demand:
      "mappings that start more invocations than the function reserves are throttled, and each throttled receive counts",
    check: (templates) =>
      [...byFunction(mappingsOf(templates).queues)].flatMap(([consumer, mappings]) => {
        const started = mappings
          .map(({ mapping }) => numberAt(mapping, "ScalingConfig.MaximumConcurrency", 0))
          .reduce((sum, each) => sum + each, 0);
        if (numberAt(consumer, "ReservedConcurrentExecutions", Number.POSITIVE_INFINITY) >= started)
          return [];
        return [
          finding(
            consumer,
            "ReservedConcurrentExecutions",
            `none, or at least the ${started} of its mappings`,
          ),
        ];
      }),
  },
  {
    id: "consumer-environment",
    demand: "the consumer's environment must name its mapping's queue and that queue's dead-letter queue",
    check: (templates) =>
      mappingsOf(templates).queues.flatMap((mapping) => environmentFindings(templates, mapping)),
  },
];

/** Of the kit's own consumers: others have no such variables. */
function environmentFindings(templates: Templates, { source, function: consumer }: Mapping): Finding[] {
  if (source === undefined || consumer === undefined) return [];
  const expected = { QUEUE_URL: source, DEAD_LETTER_QUEUE_URL: deadLettersOf(templates, source) };
  const isOfKit = ["MAX_RECEIVE_COUNT", ...Object.keys(expected)].some(
    (variable) => variableOf(consumer, variable) !== undefined,
  );
  if (!isOfKit) return [];
  if (!/^[1-9]\d*$/.test(String(variableOf(consumer, "MAX_RECEIVE_COUNT")))) {
    return [finding(consumer, "Environment.Variables.MAX_RECEIVE_COUNT", "a whole number of receives")];
  }
  return Object.entries(expected).flatMap(([variable, queue]) => {
    const url = variableOf(consumer, variable);
    if (queue === undefined || templates.referredTo(url) === queue) return [];
    return [finding(consumer, `Environment.Variables.${variable}`, `the URL of ${queue.path}`)];
  });
}

function all(templates: Templates): Mapping[] {
  const { queues, streams } = mappingsOf(templates);
  return [...queues, ...streams];
}

function byFunction(mappings: readonly Mapping[]): Map<Resource, Mapping[]> {
  const grouped = new Map<Resource, Mapping[]>();
  for (const mapping of mappings) {
    const { function: consumer } = mapping;
    if (consumer) grouped.set(consumer, [...(grouped.get(consumer) ?? []), mapping]);
  }
  return grouped;
}
