// Message type → queues: the one place where producers and consumers meet, and where each contract is held against all
// others.
//
//   G2. No two functions have one name: they would take each other's messages for done.
//   G3. A committed message has somewhere to go: a published type without a subscriber is refused.
//   G6. Nobody waits for what never comes: an accepted type that nothing publishes is refused.

import { type Contract, typesOf } from "@essentially-once/messaging/contract";
import type { Author } from "@essentially-once/messaging/internal/trust/authors";
import type { MessageType } from "@essentially-once/messaging/message-type";
import type { Stack } from "aws-cdk-lib";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { ServiceTable } from "./service-table.ts";

/** A contract, and the queue where its function expects what it accepts. */
export interface Subscription {
  readonly contract: Contract;
  readonly queue: IQueue;
}

/** What a service brings to the relay. */
export interface Wiring {
  /** Of all its functions, those past the relay included. */
  readonly contracts: readonly Contract[];
  readonly subscriptions: readonly Subscription[];
  /** Types that no function of the app publishes, and that come all the same. */
  readonly expected?: readonly MessageType[];
  /** Its tables whose items carry outgoing messages (`inline`). */
  readonly inlineTables?: readonly ServiceTable[];
}

export type Routes = ReadonlyMap<string, readonly IQueue[]>;

/**
 * Joins what all services publish with what they accept. Older versions that a consumer still understands have a route, too:
 * rows of the outbox may be older than a deployment.
 *
 * @throws Error that names each type or contract that is wired wrongly, with the remedy.
 */
export function joinRoutes(services: readonly Wiring[]): Routes {
  const contracts = services.flatMap((service) => service.contracts);
  const subscriptions = services.flatMap((service) => service.subscriptions);
  const expected = services.flatMap((service) => service.expected ?? []);
  const faults = [
    ...namesTwice(contracts),
    ...unsent(contracts, subscriptions, expected),
    ...unheard(contracts, subscriptions, expected),
  ];
  if (faults.length > 0) throw new Error(`the message routes are wrong:\n- ${faults.join("\n- ")}`);

  const types = new Set(subscriptions.flatMap(({ contract }) => typesOf(contract.accepts)));
  return new Map(
    [...types]
      .sort()
      .map((type) => [
        type,
        subscriptions
          .filter(({ contract }) => typesOf(contract.accepts).includes(type))
          .map(({ queue }) => queue),
      ]),
  );
}

/** Who publishes what, and out of which table's items: those whose messages the relay signs. */
export function authorsOf(services: readonly Wiring[]): Map<string, Author> {
  return new Map(
    services.flatMap(({ contracts, inlineTables = [] }) =>
      contracts
        .filter(({ publishes }) => publishes.length > 0)
        .map(({ name, publishes }): [string, Author] => [
          name,
          {
            publishes: publishes.map(nameOf),
            ...(inlineTables[0] && { table: inlineTables[0].tableName }),
          },
        ]),
    ),
  );
}

/** As `ROUTES` of the publisher and the sweeper: `{ "orders.order-placed.v1": ["https://sqs..."] }`. */
export function routesJson(stack: Stack, routes: Routes): string {
  const urls = [...routes].map(([type, queues]) => [type, queues.map((queue) => queue.queueUrl)]);
  return stack.toJsonString(Object.fromEntries(urls));
}

function namesTwice(contracts: readonly Contract[]): string[] {
  return repeated(contracts.map(({ name }) => name)).map(
    (name) =>
      `two functions have the name ${name}, so each would take the other's messages for done: give one of them another ` +
      `name, or its stack to the relay once`,
  );
}

function unsent(
  contracts: readonly Contract[],
  subscriptions: readonly Subscription[],
  expected: readonly MessageType[],
): string[] {
  const published = new Set([...contracts.flatMap(({ publishes }) => publishes), ...expected].map(nameOf));
  return subscriptions.flatMap(({ contract: { name, accepts } }) =>
    accepts
      .filter(({ types }) => !types.some((type) => published.has(type)))
      .map(
        ({ type }) =>
          `${name} accepts ${type}, which nothing publishes: add it to a contract's \`publishes\`, or say ` +
          `expectFromElsewhere(...) in its stack`,
      ),
  );
}

function unheard(
  contracts: readonly Contract[],
  subscriptions: readonly Subscription[],
  expected: readonly MessageType[],
): string[] {
  const accepted = new Set(subscriptions.flatMap(({ contract }) => typesOf(contract.accepts)));
  const producers = [
    ...contracts.map(({ name, publishes }) => ({ name, publishes })),
    { name: "elsewhere", publishes: expected },
  ];
  return producers.flatMap(({ name, publishes }) =>
    publishes
      .filter(({ type }) => !accepted.has(type))
      .map(
        ({ type }) =>
          `${name} publishes ${type}, which nothing accepts: add a consumer or stop publishing it`,
      ),
  );
}

function nameOf({ type }: MessageType): string {
  return type;
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
