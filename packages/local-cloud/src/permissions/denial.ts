// A denial in two forms: the response that AWS gives the function, and a line for the developer who grants permissions.

import { randomUUID } from "node:crypto";
import { LOCAL_ACCOUNT } from "../model/clients.ts";
import type { Endpoints, LocalFunction, LocalRole } from "../model/model.ts";
import type { Access } from "./evaluate.ts";
import type { Statement } from "./statement.ts";

export interface Denial {
  readonly fn: LocalFunction;
  readonly role: LocalRole;
  readonly access: Access;
  readonly deniedBy?: Statement;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Service = Exclude<keyof Endpoints, "eventBridge" | "lambda">;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
export function messageOf({ fn, role, access, deniedBy }: Denial): string {
  const user = `arn:aws:sts::${LOCAL_ACCOUNT}:assumed-role/${role.name}/${fn.functionName}`;
  const reason = deniedBy
    ? "with an explicit deny in an identity-based policy"
    : `because no identity-based policy allows the ${access.action} action`;
  return `User: ${user} is not authorized to perform: ${access.action} on resource: ${access.resource} ${reason}`;
}

/** One line: who, what, on what, and the line of code that would permit it. */
export function lineOf(
  { fn, role, access, deniedBy }: Denial,
  pathsByArn: ReadonlyMap<string, string>,
): string {
  const path = resourcePath(access.resource, pathsByArn);
  const resource = path === access.resource ? path : `${path} (${access.resource})`;
  const remedy = deniedBy
    ? `statement ${deniedBy.sid ?? deniedBy.actions.join(", ")} of ${role.path} denies it`
    : `no policy of ${role.path} allows it; allow it with ${remedyFor(access)}`;
  return `${fn.path} may not ${access.action} on ${resource}: ${remedy}`;
}

/** As people know it. What is in a bucket, or an index of a table, is named after it. */
export function resourcePath(resource: string, pathsByArn: ReadonlyMap<string, string>): string {
  for (let end = resource.length; end > 0; end = resource.lastIndexOf("/", end - 1)) {
    const path = pathsByArn.get(resource.slice(0, end));
    if (path !== undefined) return path + resource.slice(end);
  }
  return resource;
}

/** In AWS's form, so that the SDK raises the same error. */
export function answerOf(service: Service, message: string): Answer {
  const requestId = randomUUID();
  switch (service) {
    case "s3":
      return {
        status: 403,
        headers: { "content-type": "application/xml", "x-amz-request-id": requestId },
        body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>${escaped(message)}</Message><RequestId>${requestId}</RequestId></Error>`,
      };
    case "sqs":
      return json(403, {
        requestId,
        headers: { "x-amzn-query-error": "AccessDenied;Sender" },
        type: "com.amazon.coral.service#AccessDeniedException",
        message,
      });
    case "sns":
      return {
        status: 403,
        headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
        body: `<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>${escaped(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
      };
    case "dynamodb":
      return json(400, { requestId, type: "com.amazon.coral.service#AccessDeniedException", message });
    case "secretsManager":
    case "ssm":
      return json(400, { requestId, type: "AccessDeniedException", message });
  }
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function json(
  status: number,
  error: { requestId: string; type: string; message: string; headers?: Record<string, string> },
): Answer {
  const { requestId, type, message, headers } = error;
  return {
    status,
    headers: { "content-type": "application/x-amz-json-1.0", "x-amzn-requestid": requestId, ...headers },
    body: JSON.stringify({ __type: type, message, Message: message }),
  };
}

function remedyFor({ action, resource }: Access): string {
  const [service = ""] = action.split(":");
  if (service === "dynamodb") return `table.grant(fn, "${action}")`;
  if (service === "sns") return `topic.grantPublish(fn)`;
  if (service === "ssm") return `parameter.grantRead(fn)`;
  if (service === "sqs") return `queue.grant(fn, "${action}")`;
  const where = service === "secretsmanager" ? "secret.secretArn" : bucketPart(resource);
  return `fn.addToRolePolicy(new PolicyStatement({ actions: ["${action}"], resources: [${where}] }))`;
}

function bucketPart(resource: string): string {
  return resource.includes("/") ? 'bucket.arnForObjects("…")' : "bucket.bucketArn";
}
