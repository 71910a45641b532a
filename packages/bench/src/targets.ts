// What the kit must reach, as ratios within one run, so that a slow machine is slow for all.
import type { ColdStart } from "./cold-start.ts";
import type { Cell } from "./matrix.ts";
import type { Leg } from "./relay.ts";
import type { Share } from "./shares.ts";
import { smallFunction } from "./small-function.ts";

export interface Verdict {
  readonly target: string;
  readonly wanted: string;
  readonly got: number;
  readonly met: boolean;
}

export interface Target {
  readonly target: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Undefined when what it needs was not measured. */
  readonly got: number | undefined;
}

export function verdicts(targets: readonly Target[]): Verdict[] {
  return targets.flatMap(({ target, atMost, atLeast, got }) => {
    if (got === undefined || Number.isNaN(got)) return [];
    const met = (atMost === undefined || got <= atMost) && (atLeast === undefined || got >= atLeast);
    const wanted = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
    return [{ target, wanted, got, met }];
  });
}

export function consumerTargets(cells: readonly Cell[]): Target[] {
  return [
    { target: "rows, alone: requests a message", atMost: 1, got: of("rows, alone")?.requestsPerMessage },
    { target: "rows, alone: throughput × Powertools'", atLeast: 2, got: throughput("rows, alone") },
    { target: "rows: requests a message", atMost: 0.15, got: of("rows")?.requestsPerMessage },
    { target: "rows: throughput × Powertools'", atLeast: 4, got: throughput("rows") },
    { target: "rows: client CPU as a share of Powertools'", atMost: 0.15, got: cpu("rows") },
    ...["inline, by sequence", "inline, by ids"].flatMap((name) => [
      { target: `${name}: requests a message`, atMost: 0.12, got: of(name)?.requestsPerMessage },
      { target: `${name}: write units a message`, atMost: 1, got: of(name)?.writeUnitsPerMessage },
      { target: `${name}: throughput × Powertools'`, atLeast: 5, got: throughput(name) },
      { target: `${name}: client CPU as a share of Powertools'`, atMost: 0.16, got: cpu(name) },
    ]),
    {
      target: `rows, ${smallFunction}: throughput × Powertools'`,
      atLeast: 5,
      got: throughput("rows", smallFunction),
    },
    {
      target: `inline, by sequence, ${smallFunction}: throughput × Powertools'`,
      atLeast: 5,
      got: throughput("inline, by sequence", smallFunction),
    },
    ...["fresh", "fresh, +5 ms a request", "100 % duplicates", "100 % redelivered", "10 % duplicates"].map(
      (workload) => ({
        target: `slowest consumer, ${workload}: throughput × Powertools'`,
        atLeast: 1,
        got: slowest(workload),
      }),
    ),
  ];

  function slowest(workload: string): number | undefined {
    const names = new Set(cells.map(({ contender }) => contender));
    const own = [...names].filter((name) => !name.startsWith("Powertools"));
    const found = own.flatMap((name) => throughput(name, workload) ?? []);
    return found.length > 0 ? Math.min(...found) : undefined;
  }

  function of(contender: string, workload = "fresh"): Cell | undefined {
    return cells.find((cell) => cell.contender === contender && cell.workload === workload);
  }

  function throughput(contender: string, workload?: string): number | undefined {
    return ratio(of(contender, workload)?.messagesPerSecond, of("Powertools", workload)?.messagesPerSecond);
  }

  function cpu(contender: string): number | undefined {
    return ratio(of(contender)?.cpuMicrosecondsPerMessage, of("Powertools")?.cpuMicrosecondsPerMessage);
  }
}

export function kitTargets(shares: readonly Share[]): Target[] {
  return shares
    .filter(({ part }) => part.startsWith("all of the kit"))
    .map(({ part, cpuMicrosecondsPerMessage: got }) => ({
      target: `${part}: CPU µs a message`,
      atMost: 45,
      got,
    }));
}

export function relayTargets([toQueue]: readonly Leg[]): Target[] {
  return [
    { target: "outbox → queue: SQS requests a message", atMost: 0.12, got: toQueue?.sqsRequestsPerMessage },
    { target: "outbox → queue: deletes a message", atMost: 0.05, got: toQueue?.dynamodbRequestsPerMessage },
  ];
}

/** Bytes that the kit adds to the SDK; `npm run check` holds what it is now, the target is less. */
export function sizeTargets(starts: readonly ColdStart[]): Target[] {
  const bytesOf = (name: string) => starts.find((start) => start.name === name)?.startBytes;
  const [kit, sdk] = [bytesOf("a consumer of the kit"), bytesOf("the SDK alone")];
  return [
    {
      target: "the kit over the SDK alone: KB",
      atMost: 25,
      got: kit === undefined || sdk === undefined ? undefined : (kit - sdk) / 1_000,
    },
  ];
}

function ratio(value: number | undefined, base: number | undefined): number | undefined {
  return value === undefined || base === undefined ? undefined : value / base;
}
