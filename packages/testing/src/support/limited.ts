// Messages through rates and breakers: each with what earlier receives kept for it, around a handler that a test gives.
import type {
  Delivery,
  MessageMiddleware,
  SqsMessage,
} from "@essentially-once/messaging/internal/commit/delivery";
import type { Past } from "@essentially-once/messaging/internal/commit/received";
import { unitOfWork } from "@essentially-once/messaging/internal/commit/unit-of-work";
import { duringInvocation } from "@essentially-once/messaging/internal/observe/scope";
import { RetryLater } from "@essentially-once/messaging/outcome";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { anEnvelope } from "./an-envelope.ts";
import { aContext } from "./lambda.ts";

export interface LimitedMessage {
  readonly id?: string;
  readonly key?: string;
  readonly past?: Partial<Past>;
  /** Of an earlier run of the same receive. */
  readonly sqsMessage?: SqsMessage;
  /** One that came by no queue: an endpoint's request. */
  readonly isRequest?: boolean;
  readonly work?: () => Promise<unknown>;
  readonly deadlineMs?: number;
}

/** "done", or what the message ends with. */
export async function through(
  middlewares: readonly MessageMiddleware[],
  {
    id,
    key,
    past,
    isRequest = false,
    sqsMessage = isRequest ? undefined : aReceive(past),
    work,
    deadlineMs = Number.MAX_SAFE_INTEGER,
  }: LimitedMessage = {},
): Promise<"done" | Error> {
  const message = anEnvelope({ ...(id && { id }), ...(key && { partitionkey: key }) });
  const unit = unitOfWork({ contract: { name: "tested", publishes: [] }, cause: message });
  const chain = middy<Delivery, unknown, Error, Context>({ timeoutEarlyInMillis: 0 });
  for (const middleware of middlewares) chain.use(middleware);
  chain.handler(async () => work?.());
  try {
    await chain(
      { consumer: "tested", message, unit, deadlineMs, ...(sqsMessage && { sqsMessage }) },
      aContext(),
    );
    return "done";
  } catch (error) {
    return error as Error;
  }
}

/** What the work counts as if it were an invocation of a function. */
export async function countsOf(work: () => Promise<unknown>): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const invocation = { service: "tested", requestId: "1", coldStart: false, ended: false, sink: {} };
  await duringInvocation({ ...invocation, counts, messages: new Set() }, work);
  return counts;
}

export function aReceive(past: Partial<Past> = {}): SqsMessage {
  const known = { attempts: 0, waits: 0, ...past };
  return { body: "", attributes: {}, queueName: "tested", receiveCount: 1 + known.waits, past: known };
}

/** What its next receive is told. */
export function nextPast(ended: "done" | Error): Partial<Past> {
  return { waits: 1, kept: ended instanceof RetryLater ? ended.kept : undefined };
}
