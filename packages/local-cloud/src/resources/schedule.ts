// AWS::Events::Rule and AWS::Scheduler::Schedule that invoke functions of this app at an interval.

import { z } from "zod";
import { physicalName, ruleArn } from "../model/names.ts";
import { routeEvents } from "./event-rule.ts";
import { family, NotUnderstood, type Site } from "./family.ts";
import { functionOf } from "./lambda-function.ts";

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

const state = z.enum(["ENABLED", "DISABLED"]).default("ENABLED");

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html */
const RULE_NAME_CHARACTERS_MAX = 64;

const rule = z.strictObject({
  Name: z.string().max(RULE_NAME_CHARACTERS_MAX).optional(),
  ScheduleExpression: z.string().optional(),
  EventPattern: z.record(z.string(), z.unknown()).optional(),
  EventBusName: z.string().default("default"),
  State: state,
  Targets: z
    .array(
      z.strictObject({
        Arn: z.string(),
        Id: z.string(),
        Input: z.string().optional(),
        DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(), // for a queue: it does not fail here
      }),
    )
    .default([]),
});

export const Rule = family({
  type: "AWS::Events::Rule",
  properties: rule,
  harmless: ["Description", "RoleArn", "Tags", "Targets.RetryPolicy", "Targets.RoleArn"],
  create: async ({ Name, ScheduleExpression, EventPattern, EventBusName, State, Targets }, site) => {
    const name = Name ?? physicalName(site, { charactersMax: RULE_NAME_CHARACTERS_MAX });
    const arn = ruleArn(name);
    if (EventPattern) {
      const targets = Targets.map(({ Arn }) => Arn);
      const rule = { pattern: EventPattern, bus: EventBusName, isEnabled: State === "ENABLED" };
      if (ScheduleExpression) throw new NotUnderstood("EventPattern: not supported with a schedule");
      if (Targets.some(({ Input }) => Input !== undefined))
        throw new NotUnderstood("Targets.Input: not supported with an event pattern");
      routeEvents(rule, targets, site);
      return { ref: name, attributes: { Arn: arn } };
    }
    if (!ScheduleExpression) throw new NotUnderstood("must have an EventPattern or a ScheduleExpression");
    if (Targets.some(({ DeadLetterConfig }) => DeadLetterConfig !== undefined))
      throw new NotUnderstood("Targets.DeadLetterConfig: not supported for a schedule");
    for (const { Arn, Input } of Targets) {
      const functionArn = deploy(
        { expression: ScheduleExpression, state: State, property: "Targets.Arn", arn: Arn, input: Input },
        site,
      );
      site.deployed.requiredPermissions.push({
        path: site.path,
        what: "the rule invokes its target",
        service: "events.amazonaws.com",
        source: arn,
        accesses: [{ action: "lambda:InvokeFunction", resource: functionArn }],
      });
    }
    return { ref: name, attributes: { Arn: arn } };
  },
});

const schedule = z.strictObject({
  ScheduleExpression: z.string(),
  State: state,
  Target: z.strictObject({
    Arn: z.string(),
    RoleArn: z.string(),
    Input: z.string().optional(),
  }),
});

export const Schedule = family({
  type: "AWS::Scheduler::Schedule",
  properties: schedule,
  harmless: [
    "Description",
    "FlexibleTimeWindow", // at once is within any window
    "GroupName",
    "KmsKeyArn",
    "Name",
    "ScheduleExpressionTimezone", // an interval has none
    "Target.RetryPolicy", // the next tick comes anyway
  ],
  create: async ({ ScheduleExpression, State, Target }, site) => {
    const { Arn, RoleArn, Input } = Target;
    const functionArn = deploy(
      { expression: ScheduleExpression, state: State, property: "Target.Arn", arn: Arn, input: Input },
      site,
    );
    site.deployed.requiredPermissions.push({
      path: site.path,
      what: "the schedule invokes its target",
      service: "scheduler.amazonaws.com",
      roleArn: RoleArn,
      accesses: [{ action: "lambda:InvokeFunction", resource: functionArn }],
    });
    return { ref: site.path, attributes: {} };
  },
});

/** Returns the ARN of the function that it invokes. */
function deploy(
  target: { expression: string; state: string; property: string; arn: string; input: string | undefined },
  site: Site,
): string {
  const { expression, property, arn, input } = target;
  const everyMs = intervalMs(expression);
  const functionArn = functionOf(property, arn, site).arn;
  if (target.state === "DISABLED") return functionArn;
  site.deployed.schedules.push({
    path: site.path,
    functionArn,
    everyMs,
    ...(input !== undefined && { input }),
  });
  return functionArn;
}

/**
 * `rate(5 minutes)`, or a cron expression that means every n minutes: `cron(0/5 * * * ? *)`.
 * Throws `NotUnderstood` for every other expression.
 */
export function intervalMs(expression: string): number {
  const [, value, unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (Number(value) > 0) return Number(value) * (UNIT_MS[unit] ?? 0);
  const [, every, minutes] = /^cron\((?:(\*)|[0*]\/(\d+)) \* \* \* \? \*\)$/.exec(expression) ?? [];
  if (every) return 60_000;
  if (Number(minutes) > 0 && 60 % Number(minutes) === 0) return Number(minutes) * 60_000;
  throw new NotUnderstood(
    `ScheduleExpression: must be rate(n minutes|hours|days) or cron(0/n * * * ? *) with n a divisor of 60, got ${expression}`,
  );
}
