// A simulation for people: what it came to, and how it went as lines of small bars.
import { textTable } from "@essentially-once/operator/text-table";
import type { Scenario } from "./scenario.ts";
import type { Second } from "./simulate.ts";
import type { Summary } from "./summary.ts";

export function report(scenario: Scenario, seconds: readonly Second[], summary: Summary): string {
  const lines = (
    [
      ["arriving", "messages/s", ({ arrived }) => arrived],
      ["waiting", "messages", ({ visible }) => visible],
      ["to be retried", "messages", ({ hidden }) => hidden],
      ["concurrency", "invocations", ({ concurrency }) => concurrency],
      ["processed", "messages/s", ({ processed }) => processed],
      ["parked", "messages/s", ({ parked }) => parked],
    ] satisfies [string, string, (second: Second) => number][]
  ).map(([what, unit, of]) => {
    const values = seconds.map(of).map((value) => (value < traceMessages ? 0 : value));
    return [what, sparkline(values, barsMax), `≤ ${figure(Math.max(0, ...values))} ${unit}`];
  });
  const perBar = Math.max(1, Math.ceil(seconds.length / barsMax));
  return [
    `${scenario.contender}${scenario.fifo ? ", FIFO" : ""}: ${seconds.length} s simulated, a bar is ${perBar} s`,
    textTable(["", "", "highest"], lines, { indent: "  ", cellCharactersMax: 100 }),
    "",
    textTable(["", ""], summaryRows(summary), { indent: "  " }).replace(/^\s*\n/, ""),
  ].join("\n");
}

const barsMax = 60;
/** A flow leaves traces that no message has. */
const traceMessages = 1e-3;
const bars = "▁▂▃▄▅▆▇█";

/** The highest of each stretch, against the highest of all; a stretch of nothing is empty. */
export function sparkline(values: readonly number[], width: number): string {
  const most = Math.max(0, ...values);
  const perBar = Math.max(1, Math.ceil(values.length / width));
  return Array.from({ length: Math.ceil(values.length / perBar) }, (_, n) => {
    const value = Math.max(...values.slice(n * perBar, (n + 1) * perBar));
    if (most === 0 || value < most / 1_000) return " ";
    return bars[Math.min(bars.length - 1, Math.floor((value / most) * bars.length))];
  }).join("");
}

function summaryRows(summary: Summary): string[][] {
  const held = Object.entries(summary.heldSeconds).map(([what, seconds]) => `${what} (${seconds} s)`);
  return [
    ["arrived", figure(summary.arrived)],
    ["processed", figure(summary.processed)],
    ["failed runs, redelivered later", figure(summary.retried)],
    ["parked, for `npm run dlq -- redrive`", figure(summary.parked)],
    ...(summary.left >= 1 ? [["still there after a day", figure(summary.left)]] : []),
    ["deepest queue", `${figure(summary.deepest)}, at second ${summary.deepestAtSecond}`],
    ["all caught up", `${summary.caughtUpAfterSeconds} s after the ${summary.troubleEnded}`],
    ["held back by", held.join(", ") || "nothing"],
    ["cost", `$${summary.dollars.toFixed(4)}, $${summary.dollarsPerMillion.toFixed(2)} a million processed`],
  ];
}

function figure(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 1 : 0 });
}
