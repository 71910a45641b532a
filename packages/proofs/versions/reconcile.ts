// What must be so when two releases have worked side by side, read from tables, queues, journal and carrier.
import { consumerQueues } from "@essentially-once/operator/dead-letters/consumer-queues";
import { listDeadLetters } from "@essentially-once/operator/dead-letters/list";
import { allItems } from "../kills/settle.ts";
import type { Payment, World } from "./world.ts";

/** The amount that is never taken. */
export const poison = 13;

/** What does not hold, each with the id of its promise first. */
export async function reconcile(world: World, payments: readonly Payment[]): Promise<string[]> {
  const good = payments.filter(({ amount }) => amount !== poison);
  return [
    ...(await takenOnce(world, good)),
    ...(await bookedInOrder(world, good)),
    ...handedOutOnce(world, good),
    ...(await seenAtMostOnce(world, payments)),
    ...(await journaledOnce(world, payments)),
    ...(await stated(world, payments)),
    ...(await parkedIsPoison(world, payments)),
  ];
}

async function takenOnce({ cloud }: World, payments: readonly Payment[]): Promise<string[]> {
  const items = new Map((await allItems(cloud, "TakingTable")).map((item) => [item.id, item]));
  return [...byAccount(payments)].flatMap(([account, list]) => {
    const due = list.reduce((sum, { amount }) => sum + amount, 0);
    const { taken, count } = items.get(account) ?? {};
    if (taken === due && count === list.length) return [];
    return [`G2: ${taken} in ${count} were taken from ${account}, and ${due} in ${list.length} were paid`];
  });
}

async function bookedInOrder({ cloud }: World, payments: readonly Payment[]): Promise<string[]> {
  const books = new Map((await allItems(cloud, "BookingTable")).map(({ id, ...book }) => [id, book]));
  return [...byAccount(payments)].flatMap(([account, list]) => {
    const { numbers = [], payments: booked = [] } = (books.get(account) ?? {}) as Partial<
      Record<string, unknown[]>
    >;
    const inOrder = numbers.every((number, index) => number === index + 1);
    const each = new Set(booked).size === booked.length && booked.length === list.length;
    if (inOrder && each) return [];
    return [`G2, G4: ${account} is booked as ${numbers.join(" ")}, of ${list.length} payments`];
  });
}

function handedOutOnce({ carrier }: World, payments: readonly Payment[]): string[] {
  return payments
    .map(({ id }) => ({ id, times: carrier.consignments(id) }))
    .filter(({ times }) => times !== 1)
    .map(({ id, times }) => `G8: ${id} was handed out ${times} times`);
}

async function seenAtMostOnce({ cloud }: World, payments: readonly Payment[]): Promise<string[]> {
  const seen = new Map((await allItems(cloud, "WatchingTable")).map(({ id, seen: times }) => [id, times]));
  const times = payments.map(({ id }) => Number(seen.get(id) ?? 0));
  const twice = payments.filter((_, index) => (times[index] ?? 0) > 1);
  const once = times.filter((count) => count === 1).length;
  return [
    ...twice.map(({ id }) => `G9: ${id} was counted more than once`),
    ...(once > payments.length / 2 ? [] : [`G9: ${once} of ${payments.length} were counted at all`]),
  ];
}

async function journaledOnce(world: World, payments: readonly Payment[]): Promise<string[]> {
  const good = payments.filter(({ amount }) => amount !== poison);
  const names = (await world.journaled()).map(({ source, id }) => `${source} ${id}`);
  const wanted = payments.length + 2 * good.length;
  if (new Set(names).size === names.length && names.length === wanted) return [];
  return [
    `G2, G3: the journal has ${names.length} entries of ${new Set(names).size} messages, not ${wanted}`,
  ];
}

async function stated({ cloud }: World, payments: readonly Payment[]): Promise<string[]> {
  const items = new Map((await allItems(cloud, "WatchingTable")).map((item) => [item.id, item]));
  return [...byAccount(payments)].flatMap(([account, list]) => {
    const paid = items.get(`state@1#statement#${account}`)?.paid;
    return paid === list.length ? [] : [`G10: ${account} is stated ${paid} times, of ${list.length}`];
  });
}

async function parkedIsPoison({ cloud }: World, payments: readonly Payment[]): Promise<string[]> {
  const bad = new Set(payments.filter(({ amount }) => amount === poison).map(({ id }) => id));
  const queues = consumerQueues(cloud.outputs);
  const { deadLetters } = await listDeadLetters(cloud.clients.sqs, queues);
  const parked = deadLetters.map(({ consumer, reason, body }) => {
    const { payment } = (JSON.parse(body) as { data: { payment: string } }).data;
    return { consumer, reason, payment };
  });
  const strange = parked.filter(({ reason, payment }) => reason !== "AMOUNT_REFUSED" || !bad.has(payment));
  return [
    ...strange.map(({ consumer, reason, payment }) => `G6: ${consumer} parked ${payment}: ${reason}`),
    ...(parked.length === bad.size ? [] : [`G6: ${parked.length} are parked, and ${bad.size} are poison`]),
  ];
}

function byAccount(payments: readonly Payment[]): Map<string, Payment[]> {
  return Map.groupBy(payments, ({ account }) => account);
}
