// The permissions that a request to Secrets Manager needs.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html

import { z } from "zod";
import { bodyOf, operationOf, type SeenRequest, unknownOperation, type Wanted } from "./request.ts";

const OnSecret = z.object({ SecretId: z.string() });

const KNOWN = [
  "GetSecretValue",
  "DescribeSecret",
  "PutSecretValue",
  "UpdateSecretVersionStage",
  "RotateSecret",
];

/** A policy knows a secret by its ARN, a request perhaps by its name. Throws `UnknownRequest` for any other operation. */
export function wantedOfSecretsManager(
  request: SeenRequest,
  secretArns: ReadonlyMap<string, string>,
): Wanted {
  const operation = operationOf(request);
  if (!KNOWN.includes(operation)) throw unknownOperation("Secrets Manager", operation, KNOWN);
  const { SecretId } = bodyOf(request, OnSecret);
  return {
    accesses: [{ action: `secretsmanager:${operation}`, resource: secretArns.get(SecretId) ?? SecretId }],
  };
}
