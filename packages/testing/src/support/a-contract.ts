// Contracts for tests of the wiring, where only the names of types count.

import { type Contract, contract } from "@essentially-once/messaging/contract";
import type { From } from "@essentially-once/messaging/internal/origin/origin";
import { type MessageType, messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod";

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
