// Who may come in, and what starts a function.
import { free, never, oneOf, type PropertyTable, property } from "./property-rules.ts";

export const roleProperties: PropertyTable = {
  kind: "role",
  types: ["AWS::IAM::Role"],
  properties: [
    property(
      "AssumeRolePolicyDocument",
      (value) =>
        trusted(value).every((one) => /^(lambda|scheduler|events|apigateway)\.amazonaws\.com$/.test(one)),
      'one statement: Principal { Service: "lambda.amazonaws.com" }',
      "the principals named there may do everything the function may",
    ),
    never("PermissionsBoundary", "a boundary removes grants, so the rules cannot tell which remain"),
    ...free(
      "Description",
      "ManagedPolicyArns", // no-managed-policy
      "MaxSessionDuration",
      "Path",
      "Policies", // no-action-wildcard, no-resource-wildcard
      "RoleName",
      "Tags",
    ),
  ],
};

/** The services of a trust policy; a word that is no service for anything else. */
function trusted(document: unknown): string[] {
  const { Statement = [] } = (document ?? {}) as { Statement?: unknown };
  return [Statement].flat().flatMap((statement) => {
    const { Effect, Principal, NotPrincipal } = statement as Readonly<Record<string, unknown>>;
    if (Effect === "Deny") return [];
    if (NotPrincipal !== undefined || typeof Principal !== "object" || Principal === null)
      return ["everybody"];
    return Object.entries(Principal).flatMap(([kind, names]) =>
      kind === "Service" ? [names].flat().map(String) : [`a principal of kind ${kind}`],
    );
  });
}

export const permissionProperties: PropertyTable = {
  kind: "permission",
  types: ["AWS::Lambda::Permission"],
  properties: [
    property(
      "Principal",
      (value, { resource }) => isBounded(value, resource.properties),
      "a service of AWS, with SourceArn or SourceAccount",
      "others can invoke the function with their own events",
    ),
    oneOf(
      "Action",
      ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"],
      "it allows more than invoking the function",
    ),
    oneOf("FunctionUrlAuthType", [undefined, "AWS_IAM"], "anyone on the internet may call it"),
    ...free("FunctionName", "SourceAccount", "SourceArn", "InvokedViaFunctionUrl"),
  ],
};

function isBounded(
  principal: unknown,
  { SourceAccount, SourceArn }: Readonly<Record<string, unknown>>,
): boolean {
  const isService = typeof principal === "string" && /^[a-z\d.-]+\.amazonaws\.com$/.test(principal);
  return (
    isService &&
    (SourceAccount !== undefined || (SourceArn !== undefined && !/^[*?]/.test(String(SourceArn))))
  );
}

const target = "Targets.*";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html */
export const eventRuleProperties: PropertyTable = {
  kind: "event-rule",
  types: ["AWS::Events::Rule"],
  properties: [
    property(
      "State",
      (value) => value === undefined || value === "ENABLED",
      "ENABLED",
      "disabled, it starts nothing",
    ),
    ...free(
      "Description",
      "EventBusName",
      "EventPattern",
      "Name",
      "ScheduleExpression", // outbox-is-swept, projection-is-pulled
      "Tags",
      `${target}.Arn`,
      `${target}.DeadLetterConfig`,
      `${target}.Id`,
      `${target}.Input`,
      `${target}.RetryPolicy`,
      `${target}.HttpParameters`,
      `${target}.SqsParameters`,
    ),
  ],
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html */
export const scheduleProperties: PropertyTable = {
  kind: "schedule",
  types: ["AWS::Scheduler::Schedule"],
  properties: [
    oneOf("State", [undefined, "ENABLED"], "disabled, it starts nothing"),
    never("EndDate", "it starts nothing after that day"),
    never("StartDate", "it starts nothing before that day"),
    oneOf("FlexibleTimeWindow.Mode", ["OFF"], "each start can be late by the whole window"),
    ...free(
      "Description",
      "GroupName",
      "KmsKeyArn",
      "Name",
      "ScheduleExpression",
      "ScheduleExpressionTimezone",
      "Target",
    ),
  ],
};
