// Which queues a type of message goes to: what the consumers' stacks have said, read at run time.
//
//   G3. A type that is not among the routes is one that they do not have yet, as no published type is without a
//   subscriber: a deployment changes the producers before the consumers, or the last consumer has left. Its messages wait.
import { log } from "../observe/log.ts";

export interface Routes {
  /** The URLs of the queues that subscribed to the type; undefined for a type that is not known here. */
  queuesFor(type: string): readonly string[] | undefined;
}

export interface KnownRoutes extends Routes {
  /** Without a word about it. */
  has(type: string): boolean;
}

/**
 * Reads the ROUTES variable: `{ "orders.order-placed.v1": ["https://sqs…"] }`.
 * @throws Error when it is not an object of lists of texts
 */
export function readRoutes(json: string): Routes {
  return routesAmong(parse(json));
}

export function routesAmong(byType: Readonly<Record<string, readonly string[]>>): KnownRoutes {
  const routes = new Map(Object.entries(byType));
  const unrouted = new Set<string>();
  return {
    has: (type) => routes.has(type),
    queuesFor(type) {
      const queues = routes.get(type);
      if (queues === undefined && !unrouted.has(type)) {
        unrouted.add(type); // said once
        log("warn", "UNROUTED", { type });
      }
      return queues;
    },
  };
}

function parse(json: string): Record<string, string[]> {
  const routes: unknown = JSON.parse(json);
  if (typeof routes !== "object" || routes === null || !Object.values(routes).every(isTexts)) {
    throw new Error("ROUTES must be a JSON object from message type to a list of queue URLs");
  }
  return routes as Record<string, string[]>;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}
