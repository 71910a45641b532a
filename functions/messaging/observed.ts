// Around each handler that Lambda calls: whatever is logged and counted in it belongs to this invocation.
import type { Context } from "aws-lambda";
import { flushMetrics } from "./metrics.ts";
import { duringInvocation, type Invocation } from "./scope.ts";

/** The first invocation of a process waited for its start, unless that was made ahead of any invocation. */
let coldStart = process.env.AWS_LAMBDA_INITIALIZATION_TYPE !== "provisioned-concurrency";

/**
 * A handler whose lines have its invocation's fields, and whose counts are written once, when it ends.
 * @param name under which it logs and counts, unless POWERTOOLS_SERVICE_NAME gives another
 */
export function observed<Event, Answer>(
  name: string,
  handler: (event: Event, context: Context) => Promise<Answer>,
): (event: Event, context: Context) => Promise<Answer> {
  const service = process.env.POWERTOOLS_SERVICE_NAME || name;
  return async function observe(event, context) {
    const { awsRequestId: requestId } = context;
    const invocation: Invocation = { service, requestId, coldStart, counts: new Map(), ended: false };
    coldStart = false;
    return duringInvocation(invocation, async () => {
      try {
        return await handler(event, context);
      } finally {
        invocation.ended = true;
        flushMetrics(invocation);
      }
    });
  };
}
