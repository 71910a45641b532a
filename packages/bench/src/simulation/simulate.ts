// A queue and its consumer, second by second, with messages as a flow that can be divided: no dice, so the same
// scenario always gives the same figures. The kit's own backoff decides when a failed message is seen again, and
// the limits are those of docs/scaling.md.
import { backoffSeconds, pauseSeconds } from "@essentially-once/messaging/internal/core/retry";
import { limits } from "../scaling/limits.ts";
import { invocationsPerSecond, keyMessagesPerSecond, pollers, tableWrites } from "./ceilings.ts";
import { Crowd } from "./crowd.ts";
import { isWithin, type Scenario } from "./scenario.ts";

export interface Second {
  readonly second: number;
  readonly arrived: number;
  /** Waiting to be received, at the end of the second. */
  readonly visible: number;
  /** Waiting for their next try. */
  readonly hidden: number;
  /** Invocations at a time, on average. */
  readonly concurrency: number;
  readonly processed: number;
  readonly retried: number;
  readonly parked: number;
  readonly invocations: number;
  readonly receives: number;
  readonly held: readonly Held[];
}

/** What kept the consumer from taking more in this second. */
export type Held = "concurrency" | "invocations" | "in flight" | "table writes" | "one key";

const secondsMax = 86_400;
/** The longest pause of the first waits, which are most: what loses on and on has longer ones. */
const waitMaxSeconds = pauseSeconds(4, () => 1);
/** A flow never quite ends; less than this is nothing. */
const traceMessages = 1e-6;

/** Until all is processed or parked, a day at most. */
export function simulate(scenario: Scenario): Second[] {
  const { batchSize, maxReceiveCount, fifo, tableWriteUnits } = scenario;
  const invocationSeconds = scenario.invocationMs / 1_000;
  const keyMax = keyMessagesPerSecond(scenario);
  const hot = new Crowd(maxReceiveCount);
  const rest = new Crowd(maxReceiveCount);
  const table = tableWrites(scenario);
  let mapping = pollers(scenario);
  const seconds: Second[] = [];

  for (let second = 0; second < secondsMax; second++) {
    const arrived = arrivalsAt(second, scenario);
    const hotShare = arrived * scenario.hotKey;
    hot.arrive(hotShare, second);
    rest.arrive(arrived - hotShare, second);
    if (second >= scenario.seconds && hot.total + rest.total < traceMessages) break;
    seconds.push(step(second, arrived));
  }
  return seconds;

  function step(second: number, arrived: number): Second {
    const failing = isWithin(second, scenario.outage);
    const held = new Set<Held>();
    const received = receive(failing, held);

    let retried = 0;
    let parked = 0;
    let waited = 0;
    const fail = (crowd: Crowd, messages: number) => {
      const gone = crowd.fail(messages, second, ceilingOf);
      parked += gone.parked;
      retried += gone.retried;
    };
    if (failing) {
      fail(hot, received.hot);
      fail(rest, received.rest);
    } else {
      // On a standard queue invocations take messages of the hot key side by side, and all but one lose the race.
      const hotDone = Math.min(received.hot, keyMax);
      hot.finish(hotDone);
      if (received.hot > hotDone) {
        held.add("one key");
        waited = received.hot - hotDone;
        hot.wait(waited, second, waitMaxSeconds);
      }
      rest.finish(received.rest);
    }
    const receives = received.hot + received.rest;
    const processed = receives - retried - parked - waited;
    table.used(processed * tableWriteUnits);
    const visible = hot.visible + rest.visible;
    const isFull = [...held].some((what) => what !== "one key"); // then no poller waits for messages
    const fill = isFull ? batchSize : clamp((receives * invocationSeconds) / mapping.now, 1, batchSize);
    const invocations = receives / fill;
    const concurrency = invocations * invocationSeconds;
    mapping = mapping.after({
      left: held.has("concurrency"),
      needed: (receives / batchSize) * invocationSeconds,
    });
    retried += waited;
    return {
      ...{ second, arrived, visible, hidden: hot.hidden + rest.hidden, concurrency },
      ...{ processed, retried, parked, invocations, receives, held: [...held] },
    };
  }

  /** How many are received, by the lowest of the ceilings; the two crowds share it as they share the queue. */
  function receive(failing: boolean, held: Set<Held>): { hot: number; rest: number } {
    const hotReady = fifo ? Math.min(hot.visible, keyMax) : hot.visible;
    if (hotReady < hot.visible) held.add("one key");
    const restReady = fifo ? Math.min(rest.visible, keyMax * scenario.keys) : rest.visible;
    const ready = hotReady + restReady;
    const room = Math.max(0, limits.sqsInFlight.value - hot.hidden - rest.hidden);
    const ceilings: readonly (readonly [Held, number])[] = [
      ["concurrency", (mapping.now * batchSize) / invocationSeconds],
      ["invocations", invocationsPerSecond(scenario) * batchSize],
      ["in flight", failing ? room : room / Math.max(invocationSeconds, 1e-3)],
      ["table writes", failing ? Number.POSITIVE_INFINITY : table.now / tableWriteUnits],
    ];
    const taken = Math.min(ready, ...ceilings.map(([, most]) => most));
    for (const [what, most] of ceilings) if (most < ready && most === taken) held.add(what);
    const share = ready === 0 ? 0 : taken / ready;
    return { hot: hotReady * share, rest: restReady * share };
  }
}

function arrivalsAt(second: number, { rate, seconds, burst }: Scenario): number {
  return (second < seconds ? rate : 0) + (isWithin(second, burst) ? (burst?.rate ?? 0) : 0);
}

/** The longest pause after this attempt: the kit draws one evenly from a second to this. */
function ceilingOf(attempt: number): number {
  return backoffSeconds(attempt, () => 1);
}

function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, value));
}
