// Message type → queues: the only place of an app that knows producers and consumers, and that checks each contract against
// all others. `npm run routes -- check` also includes the other apps of the stage.

import { type Contract, typesOf } from "@essentially-once/messaging/contract";
import { routeFaults } from "@essentially-once/messaging/internal/publish/route-faults";
import type { MessageType } from "@essentially-once/messaging/message-type";
import type { IQueue } from "aws-cdk-lib/aws-sqs";

/** A contract, and the queue where its function expects what it accepts. */
export interface Subscription {
  readonly contract: Contract;
  readonly queue: IQueue;
}

/** What a service says of itself. */
export interface Wiring {
  /** Of all its functions, those past the relay included. */
  readonly contracts: readonly Contract[];
  readonly subscriptions: readonly Subscription[];
  /** Types that no function of the app publishes, and that come all the same; or that none accepts, and another app does. */
  readonly elsewhere?: readonly MessageType[];
}

/**
 * Holds what all services publish against what they accept.
 *
 * @throws Error that names each type or contract that is wired wrongly, with the remedy.
 */
export function checkRoutes(services: readonly Wiring[]): void {
  const subscribed = services.flatMap(({ subscriptions }) => subscriptions.map(({ contract }) => contract));
  const elsewhere = services.flatMap((service) => typesOf(service.elsewhere ?? []));
  const faults = routeFaults(
    services
      .flatMap(({ contracts }) => contracts)
      .map(({ name, ...contract }) => ({
        name,
        accepts: subscribed.some((each) => each.name === name)
          ? contract.accepts.map(({ types }) => types)
          : [],
        publishes: contract.publishes.map(({ type }) => type),
        elsewhere,
      })),
  );
  if (faults.length > 0) throw new Error(`the message routes are wrong:\n- ${faults.join("\n- ")}`);
}
