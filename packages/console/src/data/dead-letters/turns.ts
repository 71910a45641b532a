// One reader of the dead-letter queues at a time: what one reads is hidden from the other, which would then miss it.

export interface Turns {
  take<Result>(work: () => Promise<Result>, options?: { readonly isLong?: boolean }): Promise<Result>;
  /** Long work is done, or waits to be. */
  readonly isBusy: boolean;
}

export function turns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let long = 0;
  return {
    take(work, { isLong = false } = {}) {
      const own = isLong ? 1 : 0;
      long += own;
      const turn = last.then(work).finally(() => {
        long -= own;
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    get isBusy() {
      return long > 0;
    },
  };
}
