// Calls that are decided one after the other: those of one key, in the order in which they were made.

export interface Turns {
  /** Whether an earlier call of the key is not decided. */
  has(key: string): boolean;
  take<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
  /** When all of them are decided, whatever came of them. */
  ended(): Promise<unknown>;
}

export function turns(): Turns {
  const last = new Map<string, Promise<void>>();
  return {
    has: (key) => last.has(key),
    take(key, work) {
      const before = last.get(key);
      const done = before === undefined ? work() : before.then(work);
      const turn = done.then(end, end); // whoever made the call is told of its error
      last.set(key, turn);
      return done;

      function end(): void {
        if (last.get(key) === turn) last.delete(key);
      }
    },
    ended: () => Promise.all(last.values()),
  };
}
