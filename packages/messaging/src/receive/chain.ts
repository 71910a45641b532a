// The inner chain: the middlewares of one message, around its schema and its handler.
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { runToEnd } from "../aws/in-flight.ts";
import type { Delivery, MessageChain, MessageMiddleware } from "../commit/delivery.ts";
import type { UnitOfWork } from "../commit/unit-of-work.ts";
import { Park } from "../core/outcome.ts";
import type { Contract, TypeOf } from "../envelope/contract.ts";
import { type Envelope, isUnread } from "../envelope/envelope.ts";
import type { MessageType } from "../envelope/message-type.ts";
import type { Schedules } from "../schedule/schedules.ts";
import type { Scheduling } from "../schedule/scheduling.ts";

/** The envelopes of a set of message types; `message.type` tells them apart. */
export type MessageOf<Type> = Type extends MessageType<infer Name, infer Data> ? Envelope<Name, Data> : never;

/** What a user writes: reads, decides, and collects what is to be committed. */
export type Work<Of extends Contract, Receipt, Added = unknown> = (
  message: MessageOf<Of["accepts"][number]>,
  unit: UnitFor<Of, Added>,
  context: Context & Added,
) => Promise<Receipt>;

/** The unit of work of a contract's handler, with what its middlewares add. */
export type UnitFor<Of extends Contract, Added = unknown> = UnitOfWork<TypeOf<Of["publishes"]>> &
  (Added extends Schedules ? Scheduling<TypeOf<NonNullable<Of["schedules"]>>> : unknown);

/** A middy chain whose base handler validates the data and runs the work. */
export function messageChain<Of extends Contract, Receipt>({
  contract: { accepts },
  middlewares,
  work,
}: {
  contract: Of;
  middlewares: readonly MessageMiddleware[];
  work: Work<Of, Receipt>;
}): MessageChain {
  const types = typesByName(accepts);
  const chain = middy<Delivery, unknown, Error, Context>({
    timeoutEarlyInMillis: 0, // the batch holds the deadline: a timer for each message would be paid for nothing
  });
  for (const middleware of middlewares) chain.use(middleware);
  chain.handler(async function validateAndWork({ message, unit }, context) {
    const type = types.get(message.type);
    if (type === undefined)
      throw new Park("TYPE_UNKNOWN", `this consumer accepts ${[...types.keys()].join(", ")}`);
    if (isUnread(message)) {
      throw new Park(
        "DATAREF_UNREAD",
        "the data is in S3 (claim check), but this consumer has no .use(claimCheck())",
      );
    }
    const data = await type.parse(message.data, message.type);
    const accepted = { ...message, type: type.type, data } as MessageOf<Of["accepts"][number]>;
    return runToEnd(unit, (open) => work(accepted, open, context));
  });
  return chain as MessageChain;
}

/** Every name that a type understands, its older versions among them. */
function typesByName(accepts: readonly MessageType[]): ReadonlyMap<string, MessageType> {
  return new Map(accepts.flatMap((accepted) => accepted.types.map((name) => [name, accepted])));
}
