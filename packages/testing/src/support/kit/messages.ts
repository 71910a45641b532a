// The domain of the kit's tests: a till has money, somebody asks for some, and what is taken is settled in order.

import { messageType } from "@essentially-once/messaging/message-type";
import type { Versioned } from "@essentially-once/messaging/versioned-table";
import * as z from "zod";

const id = z.string().min(1);

export const Ask = messageType({
  type: "kit.ask.v1",
  schema: z.strictObject({ till: id, amount: z.int().positive() }),
  key: ({ till }) => till,
});

export const Asked = messageType({
  type: "kit.asked.v1",
  schema: z.strictObject({ ask: id, till: id, amount: z.int().positive() }),
  key: ({ ask }) => ask,
});

export const Taken = messageType({
  type: "kit.taken.v1",
  schema: z.strictObject({ ask: id, amount: z.int().positive() }),
  key: ({ ask }) => ask,
});

export const Approved = messageType({
  type: "kit.approved.v1",
  schema: z.strictObject({ ask: id }),
  key: ({ ask }) => ask,
});

export const Seen = messageType({
  type: "kit.seen.v1",
  schema: z.strictObject({ ask: id }),
  key: ({ ask }) => ask,
});

/** Of another app. */
export const Armed = messageType({
  type: "kit.armed.v1",
  schema: z.strictObject({ ask: id }),
  key: ({ ask }) => ask,
});

/** At a later time. */
export const Rung = messageType({
  type: "kit.rung.v1",
  schema: z.strictObject({ ask: id }),
  key: ({ ask }) => ask,
});

/** `id` is the till's. */
export interface Till extends Versioned {
  readonly available: number;
}

/** `id` is the ask's. */
export interface Settlement extends Versioned {
  readonly amount: number;
}

/** `id` is the till's. */
export interface Statement extends Versioned {
  readonly asks: number;
}
