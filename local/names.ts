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
