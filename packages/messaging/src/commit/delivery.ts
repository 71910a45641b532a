// One message on its way through the middlewares of a consumer or an endpoint: the event of the inner middy
// chain. Every attempt gets a new delivery, so nothing of a failed attempt can be committed by the next.
import type { MiddlewareObj } from "@middy/core";
import type { Context } from "aws-lambda";
import { newId } from "../core/ids.ts";
import { isRepeatable, type Outcome, RetryLater, StateMoved } from "../core/outcome.ts";
import type { Contract } from "../envelope/contract.ts";
import type { Envelope } from "../envelope/envelope.ts";
import type { SinkFor } from "../observe/sink.ts";
import type { Past } from "./received.ts";
import { type UnitOfWork, unitOfWork } from "./unit-of-work.ts";

/** How a message came: the exact text and what SQS carried beside it. */
export interface SqsMessage {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string | undefined>>;
  /** The queue it was received from: the last part of its ARN and of its URL. */
  readonly queueName: string;
  /** 1 on the first delivery. */
  readonly receiveCount: number;
  /** What its earlier receives came to. */
  readonly past?: Past;
}

export interface Delivery {
  /** The name of the consumer or endpoint: the scope of the evidence. */
  readonly consumer: string;
  readonly message: Envelope;
  readonly unit: UnitOfWork;
  /** Absent for a request, which came by no queue. */
  readonly sqsMessage?: SqsMessage;
  /** When the invocation must have answered, in ms since the epoch: no wait may end later. */
  readonly deadlineMs: number;
}

/** An ordinary middy middleware around one message; `Added` is what it adds to the handler's context. */
export type MessageMiddleware<Added = unknown> = MiddlewareObj<Delivery, unknown, Error, Context & Added> & {
  /** Asked of a redelivered message without running it: a duplicate, or undefined when it was not done. */
  readonly find?: (delivery: Delivery) => Promise<Outcome | undefined>;
  /** Throws Park when the message is not one that its producer wrote; RetryLater when that cannot be known now. */
  readonly authenticate?: (delivery: Delivery) => Promise<void>;
  /**
   * For messages that the relay sends, and left out where a contract says that others do. Called once, when the handler
   * is made.
   */
  readonly relayed?: () => void;
  /** Where all lines and counts of the function go, also those outside of this middleware. */
  readonly sinkFor?: SinkFor;
};

export type MessageChain = (delivery: Delivery, context: Context) => Promise<unknown>;

/**
 * Runs the chain until its commit does not lose a race for the state.
 * @throws RetryLater CONTENDED, as a wait, when it lost every one; or whatever the chain throws.
 */
export async function deliver(
  chain: MessageChain,
  { contract, ...delivery }: Omit<Delivery, "unit" | "consumer"> & { readonly contract: Contract },
  context: Context,
): Promise<Outcome> {
  try {
    return await run();
  } catch (error) {
    if (!isRepeatable(error)) throw error;
    const { repeatInTurn } = await import("./lost-race.ts"); // most deliveries lose no race
    const { message, deadlineMs } = delivery;
    // A message that waits for another one of its key must not hold the turn that the other one needs.
    const item = error instanceof StateMoved ? (error.item ?? message.partitionkey) : newId();
    return repeatInTurn(run, { first: error, item, deadlineMs });
  }

  async function run(): Promise<Outcome> {
    const unit = unitOfWork({ contract, cause: delivery.message });
    return outcomeOf(await chain({ ...delivery, consumer: contract.name, unit }, context), unit);
  }
}

function outcomeOf(response: unknown, unit: UnitOfWork): Outcome {
  if (isOutcome(response)) return response;
  if (unit.writes.length + unit.messages.length > 0) {
    throw new RetryLater("UNIT_NOT_COMMITTED"); // the consumer has no .use(idempotency(...))
  }
  return { kind: "done", receipt: response };
}

function isOutcome(value: unknown): value is Outcome {
  return (
    typeof value === "object" &&
    value !== null &&
    "kind" in value &&
    (value.kind === "done" || value.kind === "duplicate" || value.kind === "lost")
  );
}
