// The orders in which the messages of a process can arrive, and for each decision of its table the shortest order that
// comes to it.
import type { Envelope } from "@essentially-once/messaging/envelope";
import type { Process } from "@essentially-once/messaging/process";
import { causeOf, decide, type ProcessModel } from "./process-model.ts";
import { seededRandom } from "./seeded-random.ts";

/** One message to be sent, by its place in the list that a scenario gives. */
export type Order = readonly number[];

/** All permutations of `count` messages; more than `max` are drawn by the seed. */
export function ordersOf(count: number, { max, seed }: { max: number; seed: number }): Order[] {
  const places = Array.from({ length: count }, (_, place) => place);
  if (factorial(count) <= max) return permutations(places);
  const random = seededRandom(seed);
  const drawn = new Map<string, Order>();
  while (drawn.size < max) {
    const order = places
      .map((place) => ({ place, rank: random() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ place }) => place);
    drawn.set(String(order), order);
  }
  return [...drawn.values()];
}

export interface Way {
  /** `new on credit-reserved.v1 → approved` */
  readonly name: string;
  readonly order: Order;
  readonly moves: boolean;
}

/** Nothing that these messages can come to takes longer. */
const wayLengthMax = 8;

/** The shortest way to each decision that these messages can come to, each of them used once. */
export function waysTo(
  process: Process,
  begin: ProcessModel,
  messages: readonly Envelope[],
): ReadonlyMap<string, Way> {
  const wanted = decisionsOf(process).length;
  const ways = new Map<string, Way>();
  const known = new Set<string>();
  let level: Reached[] = [{ model: begin, order: [] }];
  for (let length = 0; length < wayLengthMax && ways.size < wanted; length++) {
    level = level.flatMap(stepsFrom);
  }
  return ways;

  function stepsFrom({ model, order }: Reached): Reached[] {
    return [...messages.entries()]
      .filter(([place]) => !order.includes(place))
      .map(([place, message]) => step(model, [...order, place], message))
      .filter((reached) => reached !== undefined);
  }

  /** Undefined when the same was reached before, with the same messages. */
  function step(model: ProcessModel, order: Order, message: Envelope): Reached | undefined {
    const { status, to, kind, after } = decide(process, model, dueNow(process, model, message));
    const name = decisionName(status, message.type, to ?? kind);
    if (!ways.has(name)) ways.set(name, { name, order, moves: kind === "move" });
    const key = JSON.stringify([after.item, order.toSorted()]);
    if (known.has(key)) return undefined;
    known.add(key);
    return { model: after, order };
  }
}

interface Reached {
  readonly model: ProcessModel;
  readonly order: Order;
}

/** As the relay would send it: a time-out is the process' own, and caused by the message that began its wait. */
export function dueNow({ name, schedules }: Process, model: ProcessModel, message: Envelope): Envelope {
  if (!schedules?.some(({ type }) => type === message.type)) return message;
  const causationid = causeOf(model, message.type) ?? message.causationid;
  return { ...message, source: `/${name}`, ...(causationid !== undefined && { causationid }) };
}

/** Every decision of the table: the ones that a scenario must come to. */
export function decisionsOf({ rows }: Process): string[] {
  return [...rows].flatMap(([status, { cells }]) =>
    [...cells].flatMap(([type, cell]) =>
      (cell.kind === "move" ? cell.to : [cell.kind]).map((to) => decisionName(status, type, to)),
    ),
  );
}

function decisionName(status: string, type: string, to: string): string {
  return `${status} on ${type} → ${to}`;
}

function permutations(places: Order): Order[] {
  if (places.length < 2) return [places];
  return places.flatMap((first) =>
    permutations(places.filter((place) => place !== first)).map((rest) => [first, ...rest]),
  );
}

function factorial(count: number): number {
  return count < 2 ? 1 : count * factorial(count - 1);
}
