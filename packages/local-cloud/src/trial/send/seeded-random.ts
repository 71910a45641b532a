// Chance that a seed repeats: the same seed gives the same customers, orders and trouble on every run.

import { randomNumbers } from "../../chaos.ts";

export interface SeededRandom {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number; both ends included. */
  integer(from: number, to: number): number;
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
  /** A new array of the same items in another order. */
  shuffled<Item>(items: readonly Item[]): Item[];
}

/** The purpose keeps two uses of one seed apart: more orders do not change the accounts' luck. */
export function seededRandom(seed: number, purpose: string): SeededRandom {
  const next = randomNumbers(`${seed}/${purpose}`);
  function integer(from: number, to: number): number {
    return from + Math.floor(next() * (to - from + 1));
  }
  function pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[integer(0, items.length - 1)] ?? items[0];
  }
  function shuffled<Item>(items: readonly Item[]): Item[] {
    return items
      .map((item) => ({ item, place: next() }))
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item);
  }
  return { next, integer, pick, shuffled };
}
