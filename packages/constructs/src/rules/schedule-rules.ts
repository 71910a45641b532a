// Functions on a schedule: the rule's own retry policy ends when Lambda has taken the event, and Lambda has one of its own.
import { finding, type Rule } from "./rule.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, numberAt } from "./wiring.ts";

const hour = 3_600;

export const scheduleRules: readonly Rule[] = [
  {
    id: "schedule-runs-once",
    demand:
      "by default Lambda retries a failed scheduled run twice and keeps a throttled event for six hours, so runs pile up",
    check: (templates) =>
      scheduled(templates)
        .filter(({ target }) => !runsOnce(templates, target))
        .map(({ rule }) =>
          finding(
            rule,
            "Targets",
            "an EventInvokeConfig of the target with MaximumRetryAttempts 0 and a MaximumEventAgeInSeconds of at most 3600",
          ),
        ),
  },
];

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
function runsOnce(templates: Templates, target: Resource): boolean {
  return templates
    .ofType("AWS::Lambda::EventInvokeConfig")
    .filter((config) => templates.referredTo(config.properties.FunctionName) === target)
    .some(
      (config) =>
        numberAt(config, "MaximumRetryAttempts", 2) === 0 &&
        numberAt(config, "MaximumEventAgeInSeconds", 6 * hour) <= hour,
    );
}

/** Rules that are on, with each function of this app that they invoke. */
export function scheduled(templates: Templates): { rule: Resource; target: Resource }[] {
  return templates
    .ofType("AWS::Events::Rule", "AWS::Scheduler::Schedule")
    .filter((rule) => at(rule, "ScheduleExpression") !== undefined && at(rule, "State") !== "DISABLED")
    .flatMap((rule) =>
      [at(rule, "Target.Arn"), ...targetsOf(rule)].flatMap((arn) => {
        const target = templates.referredTo(arn);
        return target ? [{ rule, target }] : [];
      }),
    )
    .filter(({ target }) => target.type === "AWS::Lambda::Function");
}

function targetsOf(rule: Resource): unknown[] {
  const targets = at(rule, "Targets");
  return Array.isArray(targets) ? targets.map((target) => target?.Arn) : [];
}
