// The sweeper and the stream at the same rows at the same time.
import type { Context, DynamoDBStreamEvent } from "aws-lambda";
import { handler as publish } from "../../../../functions/outbox/publish.ts";
import { handler as sweep } from "../../../../functions/outbox/sweep.ts";

export async function handler(event: DynamoDBStreamEvent, context: Context) {
  const [answer] = await Promise.all([publish(event, context), sweep({}, context)]);
  return answer;
}
