// The result for people: one table a workload, what each part of the kit costs, and the targets.
import { textTable } from "../operations/text-table.ts";
import type { Cell } from "./matrix.ts";
import type { Share } from "./shares.ts";
import type { Verdict } from "./targets.ts";

export interface Report {
  readonly messages: number;
  readonly rounds: number;
  readonly node: string;
  readonly promises: Readonly<Record<string, string>>;
  readonly cells: readonly Cell[];
  readonly shares: readonly Share[];
  readonly targets: readonly Verdict[];
}

export function report({ messages, rounds, node, promises, cells, shares, targets }: Report): string {
  const workloads = [...Map.groupBy(cells, ({ workload }) => workload)];
  const missed = targets.filter(({ met }) => !met).length;
  return [
    `${rounds} rounds of ${messages} messages in batches of 10, medians; Node ${node}`,
    "Requests and capacity units are what AWS would count, too. Times and throughput are the emulator's.",
    ...workloads.flatMap(([workload, list]) => [
      "",
      workload,
      textTable(headings, list.map(row), { indent: "  " }),
    ]),
    "",
    "What the kit itself costs (the SDK's calls cost nothing here)",
    textTable(
      ["part", "CPU µs/msg"],
      shares.map(({ part, cpuMicrosecondsPerMessage }) => [part, cpuMicrosecondsPerMessage.toFixed(1)]),
      { indent: "  " },
    ),
    "",
    "What each promises",
    textTable(["", ""], Object.entries(promises), { indent: "  " }).trimStart(),
    "",
    `Targets: ${targets.length - missed} of ${targets.length} met`,
    textTable(["", "target", "wanted", "got"], targets.map(verdictRow), {
      indent: "  ",
      cellCharactersMax: 80,
    }),
  ].join("\n");
}

const headings = [
  "",
  "req/msg",
  "WCU/msg",
  "RCU/msg",
  "refused/msg",
  "msg/s",
  "p50 ms",
  "p99 ms",
  "CPU µs/msg",
  "back",
];

function row(cell: Cell): string[] {
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

function verdictRow({ target, wanted, got, met }: Verdict): string[] {
  return [met ? "✓" : "✗", target, wanted, got.toFixed(2)];
}
