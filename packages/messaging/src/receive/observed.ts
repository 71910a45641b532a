// Around each handler that Lambda calls: whatever is logged and counted in it belongs to this invocation.
import type { Context } from "aws-lambda";
import type { MessageMiddleware } from "../commit/delivery.ts";
import { nowMs } from "../core/clock.ts";
import { requireEnvironment } from "../core/environment.ts";
import { log } from "../observe/log.ts";
import { flushMetrics } from "../observe/metrics.ts";
import { duringInvocation, type Invocation } from "../observe/scope.ts";

/** Before Lambda stops a function without a word: later than any that keeps its own deadline. */
const lastWordMs = 100;

/** The first invocation of a process waited for its start, unless that was made ahead of any invocation. */
let coldStart = process.env.AWS_LAMBDA_INITIALIZATION_TYPE !== "provisioned-concurrency";

/**
 * A handler whose lines have its invocation's fields, and whose counts are written once, when it ends.
 * @param name under which it logs and counts, unless POWERTOOLS_SERVICE_NAME gives another
 * @param middlewares of which one may bring a sink for both: `[powertools({ logger })]`
 */
export function observed<Event, Answer>(
  name: string,
  middlewares: readonly Pick<MessageMiddleware, "sinkFor">[],
  handler: (event: Event, context: Context) => Promise<Answer>,
): (event: Event, context: Context) => Promise<Answer> {
  requireEnvironment(); // the error of a function that does not start names all that is missing
  const service = process.env.POWERTOOLS_SERVICE_NAME || name;
  const sink = middlewares.find(({ sinkFor }) => sinkFor)?.sinkFor?.(service) ?? {};
  return async function observe(event, context) {
    const { awsRequestId: requestId } = context;
    const invocation: Invocation = {
      service,
      requestId,
      coldStart,
      counts: new Map(),
      messages: new Set(),
      ended: false,
      sink,
    };
    coldStart = false;
    return duringInvocation(invocation, async () => {
      sink.begin?.();
      const startedMs = nowMs();
      const lastWord = setTimeout(
        () => log("error", "DEADLINE_MISSED", { ranMs: nowMs() - startedMs }),
        Math.max(0, context.getRemainingTimeInMillis() - lastWordMs),
      );
      try {
        return await handler(event, context);
      } finally {
        clearTimeout(lastWord);
        invocation.ended = true;
        flushMetrics(invocation);
        sink.end?.();
      }
    });
  };
}
