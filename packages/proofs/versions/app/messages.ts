// What is paid, booked and handed out: one message for each way in which the kit keeps evidence. Public entry points
// only, since the same files are bundled with the release before and with this one.
import { messageType } from "@essentially-once/messaging/message-type";
import type { Versioned } from "@essentially-once/messaging/versioned-table";
import * as z from "zod";

const id = z.string().min(1);

export const Pay = messageType({
  type: "versions.pay.v1",
  schema: z.strictObject({ account: id, amount: z.int().positive() }),
  key: ({ account }) => account,
});

export const Paid = messageType({
  type: "versions.paid.v1",
  schema: z.strictObject({ payment: id, account: id, amount: z.int().positive() }),
  key: ({ account }) => account,
});

export const Booked = messageType({
  type: "versions.booked.v1",
  schema: z.strictObject({ payment: id, account: id, number: z.int().positive() }),
  key: ({ account }) => account,
});

/** Its slip goes by claim check when it is long. */
export const HandedOut = messageType({
  type: "versions.handed-out.v1",
  schema: z.strictObject({ payment: id, slip: z.string() }),
  key: ({ payment }) => payment,
});

/** `id` is the account's. */
export interface Account extends Versioned {
  readonly taken: number;
  readonly count: number;
}

/** `id` is the account's. */
export interface Book extends Versioned {
  readonly payments: readonly string[];
  readonly numbers: readonly number[];
  readonly closed?: boolean;
}

/** `id` is the payment's. */
export interface Delivery extends Versioned {
  readonly consignmentId: string;
}

/** `id` is the account's. */
export interface Statement extends Versioned {
  readonly paid: number;
}
