// Message type → queues: the one place where producers and consumers meet.
//
//   G3. A committed message has somewhere to go: a published type without a subscriber is refused.
//   G6. Nobody waits for what never comes: an accepted type that nothing publishes is refused.
import type { Stack } from "aws-cdk-lib";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { ServiceTable } from "./constructs/service-table.ts";

/** The types that a consumer accepts, and the queue where it expects them. */
export interface Subscription {
  readonly consumer: string;
  readonly types: readonly string[];
  readonly queue: IQueue;
}

/** The types that a function may commit to the outbox. */
export interface Publication {
  readonly producer: string;
  readonly types: readonly string[];
}

/** What a service brings to the relay. */
export interface Wiring {
  readonly publications: readonly Publication[];
  readonly subscriptions: readonly Subscription[];
  /** Its tables whose items carry outgoing messages (`inline`). */
  readonly inlineTables?: readonly ServiceTable[];
}

export type Routes = ReadonlyMap<string, readonly IQueue[]>;

/**
 * Joins what all services publish with what they accept.
 *
 * @throws Error that names each type or consumer that is wired wrongly, with the remedy.
 */
export function joinRoutes(services: readonly Wiring[]): Routes {
  const publications = services.flatMap((service) => service.publications);
  const subscriptions = services.flatMap((service) => service.subscriptions);
  const faults = [
    ...consumersTwice(subscriptions),
    ...typesTwice(subscriptions),
    ...unsent(publications, subscriptions),
    ...unheard(publications, subscriptions),
  ];
  if (faults.length > 0) throw new Error(`the message routes are wrong:\n- ${faults.join("\n- ")}`);

  const types = [...new Set(publications.flatMap((publication) => publication.types))].sort();
  return new Map(
    types.map((type) => [
      type,
      subscriptions.filter((subscription) => subscription.types.includes(type)).map(({ queue }) => queue),
    ]),
  );
}

/** As `ROUTES` of the publisher and the sweeper: `{ "orders.order-placed.v1": ["https://sqs..."] }`. */
export function routesJson(stack: Stack, routes: Routes): string {
  const urls = [...routes].map(([type, queues]) => [type, queues.map((queue) => queue.queueUrl)]);
  return stack.toJsonString(Object.fromEntries(urls));
}

function consumersTwice(subscriptions: readonly Subscription[]): string[] {
  return repeated(subscriptions.map(({ consumer }) => consumer)).map(
    (consumer) => `${consumer} is subscribed twice: give its stack to the relay once`,
  );
}

function typesTwice(subscriptions: readonly Subscription[]): string[] {
  return subscriptions.flatMap(({ consumer, types }) =>
    repeated(types).map((type) => `${consumer} accepts ${type} twice: name it once`),
  );
}

function unsent(publications: readonly Publication[], subscriptions: readonly Subscription[]): string[] {
  const published = new Set(publications.flatMap(({ types }) => types));
  return subscriptions.flatMap(({ consumer, types }) =>
    types
      .filter((type) => !published.has(type))
      .map(
        (type) =>
          `${consumer} accepts ${type}, which nothing publishes: add it to a producer's \`publishes\``,
      ),
  );
}

function unheard(publications: readonly Publication[], subscriptions: readonly Subscription[]): string[] {
  const accepted = new Set(subscriptions.flatMap(({ types }) => types));
  return publications.flatMap(({ producer, types }) =>
    types
      .filter((type) => !accepted.has(type))
      .map(
        (type) =>
          `${producer} publishes ${type}, which nothing accepts: add a consumer or stop publishing it`,
      ),
  );
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
