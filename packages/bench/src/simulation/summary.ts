// What the seconds of a simulation come to: how deep, how long, how much was parked, what it cost.
import { dollarsPerMessage, invocationDollars } from "../scaling/cost.ts";
import { limits } from "../scaling/limits.ts";
import { prices } from "../scaling/prices.ts";
import type { Scenario } from "./scenario.ts";
import type { Held, Second } from "./simulate.ts";

export interface Summary {
  readonly arrived: number;
  readonly processed: number;
  readonly retried: number;
  readonly parked: number;
  /** Still there when the simulation ended after a day. */
  readonly left: number;
  readonly deepest: number;
  readonly deepestAtSecond: number;
  readonly mostHidden: number;
  readonly mostConcurrency: number;
  /** What ended last of the burst and the outage, or the load if there was neither. */
  readonly troubleEnded: "burst" | "outage" | "load";
  /** From then until nothing waited for long: less than a message was left at the end of a second. */
  readonly caughtUpAfterSeconds: number;
  /** How long each of the ceilings was the lowest. */
  readonly heldSeconds: Partial<Record<Held, number>>;
  readonly dollars: number;
  readonly dollarsPerMillion: number;
}

export function summarize(scenario: Scenario, seconds: readonly Second[]): Summary {
  const total = (of: (second: Second) => number) => seconds.reduce((sum, second) => sum + of(second), 0);
  const most = (of: (second: Second) => number) =>
    seconds.reduce((max, second) => Math.max(max, of(second)), 0);
  const last = seconds.at(-1);
  const trouble = lastTrouble(scenario);
  const caughtUpAt =
    seconds.find(({ second, visible, hidden }) => second >= trouble.end && visible + hidden < 1)?.second ??
    seconds.length;
  const [arrived, processed] = [total(({ arrived: n }) => n), total(({ processed: n }) => n)];
  const deepest = most(({ visible }) => visible);
  const dollars = dollarsOf(scenario, seconds);
  return {
    arrived,
    processed,
    retried: total(({ retried }) => retried),
    parked: total(({ parked }) => parked),
    left: (last?.visible ?? 0) + (last?.hidden ?? 0),
    deepest,
    deepestAtSecond: seconds.find(({ visible }) => visible === deepest)?.second ?? 0,
    mostHidden: most(({ hidden }) => hidden),
    mostConcurrency: most(({ concurrency }) => concurrency),
    troubleEnded: trouble.what,
    caughtUpAfterSeconds: caughtUpAt - trouble.end,
    heldSeconds: Object.fromEntries(
      [
        ...Map.groupBy(
          seconds.flatMap(({ held }) => held),
          (what) => what,
        ),
      ].map(([what, list]) => [what, list.length]),
    ),
    dollars,
    dollarsPerMillion: processed === 0 ? 0 : (dollars / processed) * 1_000_000,
  };
}

interface Trouble {
  readonly what: Summary["troubleEnded"];
  readonly end: number;
}

function lastTrouble({ seconds, burst, outage }: Scenario): Trouble {
  const spans = Object.entries({ burst, outage }).flatMap(([what, span]) =>
    span ? [{ what: what as Trouble["what"], end: span.fromSecond + span.forSeconds }] : [],
  );
  return spans.sort((a, b) => b.end - a.end)[0] ?? { what: "load", end: seconds };
}

/** What was processed at its price, and for what failed: its share of an invocation, a receive and a delay. */
function dollarsOf(scenario: Scenario, seconds: readonly Second[]): number {
  const { fifo, writeUnits, readUnits, relay } = scenario;
  const sqsRequest = fifo ? prices.sqsFifoRequest.dollars : prices.sqsRequest.dollars;
  return seconds.reduce((dollars, { processed, retried, parked, receives, invocations }) => {
    if (receives === 0) return dollars;
    const use = {
      ...scenario,
      writeUnits,
      readUnits,
      sqsRequests: 0,
      messagesPerInvocation: receives / invocations,
    };
    const failed = retried + parked;
    const ofFailed =
      failed * (invocationDollars(use) / use.messagesPerInvocation) +
      (failed / limits.sqsBatchEntries.value + failed) * sqsRequest; // received in batches, delayed or parked one by one
    return dollars + processed * dollarsPerMessage(use, relay).total + ofFailed;
  }, 0);
}
