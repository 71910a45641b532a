// The permissions that a request to SQS needs. A batch needs those of one message.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html

import { z } from "zod";
import { queueArn } from "../../model/names.ts";
import { bodyOf, operationOf, type SeenRequest, unknownOperation, type Wanted } from "./request.ts";

const OnQueue = z.union([
  z.object({ QueueUrl: z.string() }).transform(({ QueueUrl }) => QueueUrl),
  z.object({ QueueName: z.string() }).transform(({ QueueName }) => QueueName),
]);

const ACTIONS: Readonly<Record<string, string>> = {
  SendMessage: "SendMessage",
  SendMessageBatch: "SendMessage",
  ReceiveMessage: "ReceiveMessage",
  DeleteMessage: "DeleteMessage",
  DeleteMessageBatch: "DeleteMessage",
  ChangeMessageVisibility: "ChangeMessageVisibility",
  ChangeMessageVisibilityBatch: "ChangeMessageVisibility",
  GetQueueAttributes: "GetQueueAttributes",
  GetQueueUrl: "GetQueueUrl",
};

/** Throws `UnknownRequest` for any other operation. */
export function wantedOfSqs(request: SeenRequest): Wanted {
  const operation = operationOf(request);
  const action = ACTIONS[operation];
  if (action === undefined) throw unknownOperation("SQS", operation, Object.keys(ACTIONS));
  const name = bodyOf(request, OnQueue).split("/").at(-1) ?? "";
  return { accesses: [{ action: `sqs:${action}`, resource: queueArn(name) }] };
}
