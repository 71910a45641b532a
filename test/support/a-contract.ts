// Contracts for tests of the wiring, where only the names of types count.
import * as z from "zod";
import { type Contract, contract } from "../../functions/messaging/contract.ts";
import { type MessageType, messageType } from "../../functions/messaging/message-type.ts";
import type { From } from "../../functions/messaging/origin.ts";

export function aType(type: string): MessageType {
  return messageType({ type, schema: z.unknown(), key: () => "key" });
}

export function aContract(
  name: string,
  {
    accepts = ["asked"],
    publishes = [],
    from,
  }: { accepts?: readonly string[]; publishes?: readonly string[]; from?: From } = {},
): Contract<readonly [MessageType]> {
  const [first = "", ...more] = accepts;
  const types = [aType(first), ...more.map(aType)] as unknown as readonly [MessageType];
  return contract({ name, accepts: types, publishes: publishes.map(aType), ...(from && { from }) });
}
