// The sweeper and the stream at the same rows at the same time.

import { handler as publish } from "@essentially-once/messaging/relay/publish";
import { handler as sweep } from "@essentially-once/messaging/relay/sweep";
import type { Context, DynamoDBStreamEvent } from "aws-lambda";

export async function handler(event: DynamoDBStreamEvent, context: Context) {
  const [answer] = await Promise.all([publish(event, context), sweep({}, context)]);
  return answer;
}
