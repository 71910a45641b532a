// An operator at work: one unknown customer gets an account, the dead letter of their order goes back to its queue, and
// the order goes on from where it stopped. The same redrive as `npm run dlq -- redrive`.

import type { TrialRun } from "@essentially-once/local-cloud/trial-run";
import { redrive } from "@essentially-once/operator/dead-letters/redrive";
import type { Order } from "../functions/orders/order.ts";
import { type OrderPlan, totalOf } from "./orders.ts";
import { openAccounts, parkedOrderId } from "./world.ts";

export interface Repair {
  readonly customerId: string;
  readonly orderId: string;
  readonly envelopeId: string;
}

/** Undefined when nothing is there to repair. */
export async function repairOneStranger(
  run: TrialRun,
  plans: readonly OrderPlan[],
): Promise<Repair | undefined> {
  const stranger = plans.find(({ poison }) => poison === "unknown customer");
  if (!stranger) return undefined;
  const { customerId } = stranger.body;
  const order = (await run.items<Order>("OrdersTable")).find((one) => one.customerId === customerId);
  const parked = (await run.deadLetters()).find((one) => order && parkedOrderId(one) === order.id);
  if (!order || !parked) return undefined;

  const limit = totalOf(stranger) * 2;
  await openAccounts(run, [{ id: customerId, version: 1, limit, available: limit }]);
  const queues = run.queues.filter(({ consumer }) => consumer === parked.consumer);
  const { handled } = await redrive(run.clients, {
    queues,
    matches: ({ id }) => id === parked.id,
    dryRun: false,
  });
  if (handled.length === 0) throw new Error(`The dead letter ${parked.id} is gone: somebody else redrove it`);
  run.step(`Repaired: ${customerId} has an account now, and its dead letter is redriven.`);
  return { customerId, orderId: order.id, envelopeId: parked.id };
}
