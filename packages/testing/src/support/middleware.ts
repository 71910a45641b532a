// One message through one middleware, around a handler that does nothing.

import type { Envelope } from "@essentially-once/messaging/envelope";
import type {
  Delivery,
  MessageMiddleware,
  SqsMessage,
} from "@essentially-once/messaging/internal/commit/delivery";
import { unitOfWork } from "@essentially-once/messaging/internal/commit/unit-of-work";
import { Park, RetryLater } from "@essentially-once/messaging/outcome";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { anEnvelope } from "./an-envelope.ts";
import { aContext } from "./lambda.ts";

/** The code of the Park or RetryLater that the middleware ends the message with; undefined when it lets it through. */
export async function codeAfter(
  middleware: MessageMiddleware,
  { message: changes = {}, sqsMessage }: { message?: Partial<Envelope>; sqsMessage?: SqsMessage } = {},
): Promise<string | undefined> {
  const message = anEnvelope(changes);
  const delivery: Delivery = {
    consumer: "tested",
    message,
    unit: unitOfWork({ contract: { name: "tested", publishes: [] }, cause: message }),
    ...(sqsMessage && { sqsMessage }),
    deadlineMs: Number.MAX_SAFE_INTEGER,
  };
  const chain = middy<Delivery, unknown, Error, Context>({ timeoutEarlyInMillis: 0 })
    .use(middleware)
    .handler(async () => "reached");
  try {
    expectReached(await chain(delivery, aContext()));
    return undefined;
  } catch (error) {
    if (error instanceof Park || error instanceof RetryLater) return error.code;
    throw error;
  }
}

function expectReached(response: unknown): void {
  if (response !== "reached") throw new Error("the middleware answered in the handler's place");
}
