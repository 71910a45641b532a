// Messages that share a fate, by how often they were tried: those to be seen now and those hidden until later.

export interface Failed {
  readonly retried: number;
  readonly parked: number;
}

export class Crowd {
  /** Their next attempt is the nth, n from 1. */
  readonly #visible: Float64Array;
  readonly #hiddenUntil = new Map<number, Float64Array>();
  readonly #receivesMax: number;
  visible = 0;
  hidden = 0;

  constructor(receivesMax: number) {
    this.#receivesMax = receivesMax;
    this.#visible = new Float64Array(receivesMax + 1);
  }

  get total(): number {
    return this.visible + this.hidden;
  }

  /** New messages, and those whose pause is over. */
  arrive(messages: number, second: number): void {
    this.#add(1, messages);
    const back = this.#hiddenUntil.get(second);
    if (back === undefined) return;
    this.#hiddenUntil.delete(second);
    back.forEach((count, receive) => {
      this.hidden -= count;
      this.#add(receive, count);
    });
  }

  finish(messages: number): void {
    this.#take(messages);
  }

  /** Hides messages that lost a race evenly over 1 to `pauseMaxSeconds`: a wait is no attempt. */
  wait(messages: number, second: number, pauseMaxSeconds: number): void {
    this.#take(messages).forEach((count, receive) => {
      this.hidden += count;
      for (let pause = 1; pause <= pauseMaxSeconds && count > 0; pause++) {
        const then = this.#hiddenAt(second + pause);
        then[receive] = (then[receive] ?? 0) + count / pauseMaxSeconds;
      }
    });
  }

  /** Hides messages evenly over 1 to `pauseMaxSeconds` of their attempt, and parks those that had their last. */
  fail(messages: number, second: number, pauseMaxSeconds: (attempt: number) => number): Failed {
    let [retried, parked] = [0, 0];
    this.#take(messages).forEach((count, receive) => {
      if (count === 0) return;
      if (receive >= this.#receivesMax) {
        parked += count;
        return;
      }
      retried += count;
      this.hidden += count;
      const pauseMax = pauseMaxSeconds(receive);
      for (let pause = 1; pause <= pauseMax; pause++) {
        this.#hiddenAt(second + pause)[receive + 1] =
          (this.#hiddenAt(second + pause)[receive + 1] ?? 0) + count / pauseMax;
      }
    });
    return { retried, parked };
  }

  #hiddenAt(second: number): Float64Array {
    const known = this.#hiddenUntil.get(second);
    if (known) return known;
    const fresh = new Float64Array(this.#receivesMax + 1);
    this.#hiddenUntil.set(second, fresh);
    return fresh;
  }

  #add(receive: number, messages: number): void {
    this.#visible[receive] = (this.#visible[receive] ?? 0) + messages;
    this.visible += messages;
  }

  /** A standard queue has no order: each attempt gives its share. */
  #take(messages: number): Float64Array {
    const share = this.visible === 0 ? 0 : Math.min(1, messages / this.visible);
    const taken = this.#visible.map((count) => count * share);
    this.#visible.forEach((count, receive) => {
      this.#visible[receive] = count - (taken[receive] ?? 0);
    });
    this.visible = this.#visible.reduce((sum, count) => sum + count, 0);
    return taken;
  }
}
