// The result for people: a table for each workload, tables for the relay, cold starts and the whole flow, and the targets.
import { textTable } from "@essentially-once/operator/text-table";
import type { ColdStart } from "./cold-start.ts";
import type { FlowFigures } from "./flow.ts";
import type { Cell } from "./matrix.ts";
import type { Leg } from "./relay.ts";
import type { Share } from "./shares.ts";
import type { Verdict } from "./targets.ts";

export interface Report {
  readonly messages: number;
  readonly rounds: number;
  readonly node: string;
  readonly promises: Readonly<Record<string, string>>;
  readonly cells: readonly Cell[];
  readonly shares: readonly Share[];
  readonly relay: readonly Leg[];
  /** Scheduled messages and processes. */
  readonly timed: readonly Leg[];
  readonly coldStarts: readonly ColdStart[];
  readonly flow?: FlowFigures;
  readonly targets: readonly Verdict[];
}

export function report(result: Report): string {
  const { messages, rounds, node, promises, cells, shares, relay, timed, coldStarts, flow, targets } = result;
  const missed = targets.filter(({ met }) => !met).length;
  return [
    `${rounds} rounds of ${messages} messages in batches of 10, medians; Node ${node}`,
    "Requests and capacity units are what AWS would count, too. Times and throughput are the emulator's.",
    ...[...Map.groupBy(cells, ({ workload }) => workload)].flatMap(([workload, list]) =>
      section(workload, cellHeadings, list.map(cellRow)),
    ),
    ...section(
      "What the kit itself costs, beyond the bare SDK for the same requests",
      shareHeadings,
      shares.map(shareRow),
    ),
    ...section("Relay", legHeadings, relay.map(legRow)),
    ...section("Scheduled messages and processes", legHeadings, timed.map(legRow)),
    ...section("Cold start", coldHeadings, coldStarts.map(coldRow)),
    ...section("Whole flow on the local cloud", flowHeadings, flow ? flowRows(flow) : []),
    ...section("What each promises", ["", ""], Object.entries(promises)),
    ...section(
      `Targets: ${targets.length - missed} of ${targets.length} met`,
      ["", "target", "wanted", "got"],
      targets.map(targetRow),
    ),
  ].join("\n");
}

function section(title: string, headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0
    ? []
    : ["", title, textTable(headings, rows, { indent: "  ", cellCharactersMax: 80 })];
}

export const cellHeadings = [
  "",
  "req/msg",
  "WCU/msg",
  "RCU/msg",
  "refused/msg",
  "msg/s",
  "p50 ms",
  "p99 ms",
  "CPU µs/msg",
  "returned",
];

export function cellRow(cell: Cell): string[] {
  return [
    cell.contender,
    cell.requestsPerMessage.toFixed(2),
    cell.writeUnitsPerMessage.toFixed(2),
    cell.readUnitsPerMessage.toFixed(2),
    cell.refusedPerMessage.toFixed(2),
    cell.messagesPerSecond.toFixed(0),
    cell.batchP50Ms.toFixed(1),
    cell.batchP99Ms.toFixed(1),
    cell.cpuMicrosecondsPerMessage.toFixed(0),
    String(cell.returned),
  ];
}

export const shareHeadings = ["part", "CPU µs/msg"];

export function shareRow({ part, cpuMicrosecondsPerMessage }: Share): string[] {
  return [part, cpuMicrosecondsPerMessage.toFixed(1)];
}

export const legHeadings = [
  "",
  "DynamoDB req/msg",
  "SQS req/msg",
  "WCU/msg",
  "RCU/msg",
  "msg/s",
  "CPU µs/msg",
];

export function legRow(leg: Leg): string[] {
  return [
    leg.leg,
    leg.dynamodbRequestsPerMessage.toFixed(3),
    leg.sqsRequestsPerMessage.toFixed(3),
    leg.writeUnitsPerMessage.toFixed(2),
    leg.readUnitsPerMessage.toFixed(2),
    leg.messagesPerSecond.toFixed(0),
    leg.cpuMicrosecondsPerMessage.toFixed(0),
  ];
}

export const coldHeadings = ["", "loaded KB", "all KB", "init CPU ms", "init ms"];

export function coldRow({ name, startBytes, allBytes, initCpuMs, initMs }: ColdStart): string[] {
  const kilobytes = (bytes: number) => (bytes / 1_000).toFixed(0);
  return [name, kilobytes(startBytes), kilobytes(allBytes), initCpuMs.toFixed(0), initMs.toFixed(0)];
}

export const flowHeadings = ["", "p50 ms", "p99 ms", "messages/s"] as const;

export function flowRows(flow: FlowFigures): string[][] {
  const { restP50Ms, restP99Ms, burstP50Ms, burstP99Ms, messagesPerSecond } = flow;
  return [
    ["commit → consumer, one order at a time", restP50Ms.toFixed(0), restP99Ms.toFixed(0), ""],
    [
      "commit → consumer, in a burst",
      burstP50Ms.toFixed(0),
      burstP99Ms.toFixed(0),
      messagesPerSecond.toFixed(0),
    ],
  ];
}

export function targetRow({ target, wanted, got, met }: Verdict): string[] {
  return [met ? "✓" : "✗", target, wanted, got.toFixed(2)];
}
