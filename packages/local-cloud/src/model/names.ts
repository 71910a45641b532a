// Physical names and ARNs, as CloudFormation and the services would make them.

import { createHash } from "node:crypto";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "./clients.ts";

/**
 * `<stack>-<logicalId>-<hash>`, shortened to fit. The same stack and id give the same name on every start,
 * so that tables are found again.
 */
export function physicalName(
  resource: { readonly stackName: string; readonly logicalId: string },
  limits: { readonly charactersMax: number; readonly suffix?: string },
): string {
  const { stackName, logicalId } = resource;
  const suffix = limits.suffix ?? "";
  const hash = createHash("sha256")
    .update(`${stackName}/${logicalId}`)
    .digest("hex")
    .slice(0, 12)
    .toUpperCase();
  const ending = `-${hash}${suffix}`;
  return `${stackName}-${logicalId}`.slice(0, limits.charactersMax - ending.length) + ending;
}

export function functionArn(functionName: string): string {
  return `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:function:${functionName}`;
}

/** Whatever region an engine's own ARNs name. */
export function tableArn(tableName: string): string {
  return `arn:aws:dynamodb:${LOCAL_REGION}:${LOCAL_ACCOUNT}:table/${tableName}`;
}

/** A name with slashes begins with one; in the ARN every name follows one. */
export function parameterArn(name: string): string {
  return `arn:aws:ssm:${LOCAL_REGION}:${LOCAL_ACCOUNT}:parameter/${name.replace(/^\//, "")}`;
}

/** As a permission of a function names its caller; `GET /orders/{id}` → `…/GET/orders/{id}`. */
export function httpApiArn(apiId: string, stage: string, routeKey: string): string {
  return `arn:aws:execute-api:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${apiId}/${stage}/${routeKey.replace(" ", "")}`;
}

export function queueArn(queueName: string): string {
  return `arn:aws:sqs:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${queueName}`;
}

/** The ARN of a log group in a policy ends in `:*`, for its streams. */
export function logGroupArn(name: string): string {
  return `arn:aws:logs:${LOCAL_REGION}:${LOCAL_ACCOUNT}:log-group:${name}:*`;
}

export function roleArn(roleName: string): string {
  return `arn:aws:iam::${LOCAL_ACCOUNT}:role/${roleName}`;
}

export function ruleArn(ruleName: string): string {
  return `arn:aws:events:${LOCAL_REGION}:${LOCAL_ACCOUNT}:rule/${ruleName}`;
}

/** The ARN of a stream names its engine's region; policies and requests name ours. */
export function inOurRegion(arn: string): string {
  return arn.replace(/^(arn:aws:dynamodb):[^:*?]*:\d*:/, `$1:${LOCAL_REGION}:${LOCAL_ACCOUNT}:`);
}
