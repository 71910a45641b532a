// The dispatcher and a handler that cancels or moves at the same items at the same time.

import { handler as dispatch } from "@essentially-once/messaging/relay/dispatch";
import type { Context, SQSEvent } from "aws-lambda";
import { handler as plan } from "./schedules.ts";

export async function handler(event: SQSEvent, context: Context) {
  const [answer] = await Promise.all([plan(event, context), dispatch({}, context)]);
  return answer;
}
