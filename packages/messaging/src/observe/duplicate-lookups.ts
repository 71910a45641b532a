// Duplicates come in crowds: a producer that sends again, a queue that was redriven. Where there was one, the evidence of the
// next messages is looked up before their run, several in one request.

export interface DuplicateLookups {
  /** Whether the next message is to be looked up. */
  isDue(): boolean;
  /** Says that there was a duplicate. */
  found(): void;
}

/** @param after how many messages after a duplicate are looked up: a lookup has to be worth what it spares */
export function duplicateLookups(after: number): DuplicateLookups {
  let left = 0;
  return {
    isDue() {
      if (left === 0) return false;
      left--;
      return true;
    },
    found() {
      left = after;
    },
  };
}
