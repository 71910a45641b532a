// An operator at work: one unknown customer gets an account, the dead letter of their order goes back to its queue before the
// order's time-out, and the order goes on from where it stopped.
import type { TrialRun } from "@essentially-once/local-cloud/trial-run";
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
  const parked = await run.parked(({ body }) => body.includes(JSON.stringify(customerId)));
  const limit = totalOf(stranger) * 2;
  await openAccounts(run, [{ id: customerId, version: 1, limit, available: limit }]);
  await run.redrive(parked);
  run.step(`Repaired: ${customerId} has an account now, and its dead letter is redriven.`);
  return { customerId, orderId: parkedOrderId(parked) ?? "", envelopeId: parked.id };
}
