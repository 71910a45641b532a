// The contract of a function, written once: its name, the types that it accepts and those that it publishes. The handler
// is built on it and the stack is wired by it, so the two cannot disagree.
//
//   G2. The name is the scope of the evidence: of two functions with one name, each would skip the other's messages.
//   G3. A type that the contract does not publish has no route, so it is never committed.

import { Park } from "../core/outcome.ts";
import type { From, Origin } from "../origin/origin.ts";
import type { MessageType } from "./message-type.ts";

export interface Contract<
  Accepts extends readonly MessageType[] = readonly MessageType[],
  Publishes extends readonly MessageType[] = readonly MessageType[],
  Schedules extends readonly MessageType[] = readonly MessageType[],
> {
  /** The scope of the evidence and the `source` of what is published. Changing it is a migration: docs/deploying.md. */
  readonly name: string;
  readonly accepts: Accepts;
  readonly publishes: Publishes;
  /** Those that its handler may schedule; with none, its function has no access to the table of schedules. */
  readonly schedules?: Schedules | undefined;
  /** Where its messages come from, when the relay does not send them. */
  readonly from?: Origin | undefined;
}

export interface ContractOptions<
  Accepts extends readonly MessageType[],
  Publishes extends readonly MessageType[],
  Schedules extends readonly Publishes[number][],
> {
  /** Small letters, digits and hyphens, at most 64: `reserve-credit`. Unique in a deployment. */
  readonly name: string;
  /** The types of message that it understands; any other is parked. An endpoint has one: the command of its requests. */
  readonly accepts: Accepts;
  /** The types of message that its handler may publish; none unless given. */
  readonly publishes?: Publishes;
  /** Those of the published types that its handler may schedule for later: `.use(schedules())`. None unless given. */
  readonly schedules?: Schedules;
  /**
   * The form of a queue that others fill, past the relay and unsigned: `rawJson(…)`, `sns(…)`, `eventBridge(…)`,
   * `s3Notifications()`, `cloudEvents()`. Unless given, the relay sends to its queue. docs/existing-queues.md
   */
  readonly from?: From;
}

/** The names of a list of message types, as `unit.publish` checks them. */
export type TypeOf<Types extends readonly MessageType[]> = Types[number]["type"];

/** The environment variable in which the construct of a function leaves its contract. */
export const contractVariable = "CONTRACT";

const namePattern = /^[a-z][a-z\d]*(-[a-z\d]+)*$/;
const nameLengthMax = 64;

/**
 * A contract, for the handler and for the stack.
 * ```ts
 * export const reserveCredit = contract({
 *   name: "reserve-credit",
 *   accepts: [OrderPlaced],
 *   publishes: [CreditReserved, CreditDenied],
 * });
 * ```
 * @throws Error naming the name or the type that is not allowed
 */
export function contract<
  const Accepts extends readonly MessageType[],
  const Publishes extends readonly MessageType[] = readonly [],
  const Schedules extends readonly Publishes[number][] = readonly [],
>({
  name,
  accepts,
  publishes,
  schedules,
  from,
}: ContractOptions<Accepts, Publishes, Schedules>): Contract<Accepts, Publishes, Schedules> {
  if (typeof name !== "string" || !namePattern.test(name) || name.length > nameLengthMax) {
    throw new Error(
      `the name of a contract must be lower-case letters, digits and single hyphens, start with a-z and have at most ` +
        `${nameLengthMax} characters, got ${JSON.stringify(name)}`,
    );
  }
  if (accepts.length === 0)
    throw new Error(`contract ${name} must accept at least one message type, got none`);
  const published = publishes ?? ([] as unknown as Publishes);
  requireOnce(`contract ${name} accepts`, typesOf(accepts));
  requireOnce(
    `contract ${name} publishes`,
    published.map(({ type }) => type),
  );
  return { name, accepts, publishes: published, schedules, from: from?.({ name, accepts }) };
}

/** Every name that the types are understood by, older versions included: what a consumer is subscribed to. */
export function typesOf(types: readonly MessageType[]): string[] {
  return types.flatMap(({ types }) => types);
}

/** The contract as text, for the environment of the deployed function. */
export function contractText({ name, accepts, publishes, from }: Contract): string {
  const published = publishes.map(({ type }) => type);
  return JSON.stringify({
    name,
    accepts: typesOf(accepts).sort(),
    publishes: published.sort(),
    from: from?.form,
  });
}

/**
 * Holds the contract of the code against the one that the function was deployed with. Called once, when a handler is made.
 * A function that no construct of ours deployed has none to hold against.
 * @throws Error naming both when they differ
 */
export function checkDeployed(own: Contract): void {
  const deployed = process.env[contractVariable];
  if (deployed === undefined || deployed === contractText(own)) return;
  throw new Error(
    `CONTRACT_MISMATCH: this handler's contract is ${contractText(own)}, but its function was deployed with ` +
      `${deployed}. Pass this handler's contract to the stack and deploy again.`,
  );
}

/** The type of this name. @throws Park TYPE_NOT_PUBLISHED: no retry can change what the contract says */
export function requirePublished(
  { name, publishes }: Pick<Contract, "name" | "publishes">,
  type: string,
): MessageType {
  const found = publishes.find((published) => published.type === type);
  if (found) return found;
  throw new Park("TYPE_NOT_PUBLISHED", `the contract of ${name} does not publish ${type}`);
}

function requireOnce(what: string, types: readonly string[]): void {
  const twice = types.find((type, index) => types.indexOf(type) !== index);
  if (twice !== undefined) throw new Error(`${what} ${twice} twice: name each type once`);
}
