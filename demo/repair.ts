// An operator at work: one stranger gets an account, the dead letter of their order goes back to its queue, and
// the order goes on from where it stopped. The same redrive as `npm run dlq -- redrive`.

import { redrive } from "@essentially-once/operator/dead-letters/redrive";
import { openAccounts } from "./customers.ts";
import { type OrderPlan, totalOf } from "./orders.ts";
import { orderIdIn } from "./reconcile.ts";
import type { World, WorldAccess } from "./world.ts";

export interface Repair {
  readonly customerId: string;
  readonly orderId: string;
  readonly envelopeId: string;
}

/** Undefined when nothing is there to repair. */
export async function repairOneStranger(
  access: WorldAccess,
  world: World,
  plans: readonly OrderPlan[],
): Promise<Repair | undefined> {
  const stranger = plans.find(({ poison }) => poison === "unknown customer");
  if (!stranger) return undefined;
  const { customerId } = stranger.order;
  const order = world.orders.find((one) => one.customerId === customerId);
  const letter = world.deadLetters.find(({ body }) => order && orderIdIn(body) === order.id);
  if (!order || !letter) return undefined;

  await openAccounts(access.clients.dynamodb, access.output("CreditTable"), [
    { customerId, limit: totalOf(stranger.order) * 2 },
  ]);
  const { handled } = await redrive(access.clients, {
    queues: access.queues.filter(({ consumer }) => consumer === letter.consumer),
    matches: ({ id }) => id === letter.id,
    dryRun: false,
  });
  if (handled.length === 0) throw new Error(`The dead letter ${letter.id} is gone: somebody else redrove it`);
  return { customerId, orderId: order.id, envelopeId: letter.id };
}
