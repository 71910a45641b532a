// One reader of the dead-letter queues at a time: what one reads is hidden from the other, which would then miss it.

export interface Turns {
  take<Result>(work: () => Promise<Result>): Promise<Result>;
  readonly isTaken: boolean;
}

export function turns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    take(work) {
      waiting += 1;
      const turn = last.then(work).finally(() => {
        waiting -= 1;
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    get isTaken() {
      return waiting > 0;
    },
  };
}
