// The permissions that a request to SNS needs. Its requests are forms; a batch needs those of one message.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html

import { type SeenRequest, UnknownRequest, unknownOperation, type Wanted } from "./request.ts";

const PUBLISHING = ["Publish", "PublishBatch"];

/** Throws `UnknownRequest` for any other operation. */
export function wantedOfSns({ body }: SeenRequest): Wanted {
  const form = new URLSearchParams(String(body));
  const operation = form.get("Action") ?? "";
  if (!PUBLISHING.includes(operation)) throw unknownOperation("SNS", operation, PUBLISHING);
  const topic = form.get("TopicArn");
  if (topic === null) throw new UnknownRequest(`${operation} to anything but a topic is not supported here`);
  return { accesses: [{ action: "sns:Publish", resource: topic }] };
}
