// The permissions that a request to Parameter Store needs.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html

import { z } from "zod";
import { parameterArn } from "../../model/names.ts";
import { bodyOf, operationOf, type SeenRequest, unknownOperation, type Wanted } from "./request.ts";

const names = {
  GetParameter: z.object({ Name: z.string() }).transform(({ Name }) => [Name]),
  GetParameters: z.object({ Names: z.array(z.string()) }).transform(({ Names }) => Names),
  GetParametersByPath: z.object({ Path: z.string() }).transform(({ Path }) => [Path]),
};

/** Throws `UnknownRequest` for any other operation. */
export function wantedOfSsm(request: SeenRequest): Wanted {
  const operation = operationOf(request);
  if (!Object.hasOwn(names, operation))
    throw unknownOperation("Parameter Store", operation, Object.keys(names));
  const asked = bodyOf(request, names[operation as keyof typeof names]);
  return {
    accesses: asked.map((name) => ({
      action: `ssm:${operation}`,
      resource: parameterArn(withoutVersion(name)),
    })),
  };
}

/** `/name:3`; an ARN's name begins after its last colon that a slash follows. */
function withoutVersion(name: string): string {
  const plain = name.startsWith("arn:") ? name.replace(/^.*:parameter/, "") : name;
  return plain.replace(/:[^/:]+$/, "");
}
