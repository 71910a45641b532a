// Decides which function may publish which type: a message is signed only when its producer's contract publishes its type,
// and when that producer wrote its row.
//
//   G7. No function can get the relay to sign in another's name: a role may put rows only under keys that begin with its
//   own name (dynamodb:LeadingKeys), or into items of its own service's table, and such a row counts for that name only.

import type { OutboxRow } from "../commit/outbox.ts";
import { logUnderBoth as log } from "../observe/former-codes.ts";

/** A contract as the relay knows it. */
export interface Producer {
  readonly publishes: readonly string[];
  /** The service's table, when its items carry messages. */
  readonly table?: string;
}

export interface Producers {
  /** Whether each message of the row is its writer's own, and of a type that the writer's contract publishes. */
  wrote(row: OutboxRow): boolean;
}

export interface KnownProducers extends Producers {
  /** Whether the contract of that name publishes the type, without a word about it. */
  publishes(source: string, type: string): boolean;
}

/** Those of the variable AUTHORS; a relay that has neither it nor a registry knows none, and asks nobody. */
export function deployedProducers(): Producers {
  const named = process.env.AUTHORS;
  return named === undefined ? { wrote: () => true } : readProducers(named);
}

/**
 * Reads the AUTHORS variable: `{ "place-order": { "publishes": ["orders.order-placed.v1"] } }`.
 * @throws Error when it is not of this form
 */
export function readProducers(json: string): Producers {
  return producersAmong(parse(json));
}

export function producersAmong(byName: Readonly<Record<string, Producer>>): KnownProducers {
  const producers = new Map(Object.entries(byName));
  return {
    publishes: (source, type) => producers.get(nameIn(source))?.publishes.includes(type) ?? false,
    wrote(row) {
      const stranger = row.messages.find(({ envelope }) => !isOwn(row, envelope.source, envelope.type));
      if (stranger === undefined) return true;
      const { id: messageId, source, type } = stranger.envelope;
      log("error", "PRODUCER_UNKNOWN", { row: row.key.id, messageId, source, type });
      return false;
    },
  };

  function isOwn({ key, inItemOf }: OutboxRow, source: string, type: string): boolean {
    const name = nameIn(source);
    const producer = producers.get(name);
    if (producer === undefined || !producer.publishes.includes(type)) return false;
    if (inItemOf !== undefined) return producer.table === inItemOf;
    if (key.place === undefined) return true; // of an older release: its key does not say who wrote it
    const [writer] = key.id.split("#");
    return writer === name || writer === producer.table;
  }
}

function nameIn(source: string): string {
  return source.replace(/^\//, "");
}

function parse(json: string): Record<string, Producer> {
  const producers: unknown = JSON.parse(json);
  if (typeof producers === "object" && producers !== null && Object.values(producers).every(isProducer)) {
    return producers as Record<string, Producer>;
  }
  throw new Error("AUTHORS must be a JSON object from contract name to published types");
}

function isProducer(value: unknown): value is Producer {
  const { publishes, table } = Object(value) as Record<string, unknown>;
  return (
    Array.isArray(publishes) &&
    publishes.every((type) => typeof type === "string") &&
    (table === undefined || typeof table === "string")
  );
}
