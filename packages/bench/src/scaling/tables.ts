// The tables of docs/scaling.md, made from limits, prices and what was measured: none of their figures is typed.

import { backoffSeconds } from "@essentially-once/messaging/internal/core/retry";
import { journal } from "@essentially-once/messaging/journal";
import { readScenario, stageDefaults } from "../simulation/command.ts";
import { simulate } from "../simulation/simulate.ts";
import { type Bottleneck, bottlenecks } from "./bottlenecks.ts";
import { type ConsumerUse, dollarsPerMessage } from "./cost.ts";
import { markdownTable } from "./document-section.ts";
import { type Limit, limits, limitsCheckedOn } from "./limits.ts";
import type { MeasuredConsumer } from "./measured.ts";
import { modes, readMeasured } from "./modes.ts";
import { prices, pricesCheckedOn } from "./prices.ts";

const rates = [100, 10_000, 1_000_000] as const;

export function tables(): Record<string, string> {
  return {
    limits: limitTable(),
    bottlenecks: bottleneckTable(),
    prices: priceTable(),
    dollars: dollarTable(),
    outages: outageTable(),
  };
}

function limitTable(): string {
  const rows = Object.values<Limit>(limits).map(({ what, value, unit, raised, page }) => [
    `[${what}](${page})`,
    `${number(value)} ${unit}`,
    raised,
  ]);
  const table = markdownTable(["limit", "value", "can be raised"], rows);
  return `${table}\n\nDefaults of us-east-1, compared with stored copies of the pages on ${limitsCheckedOn}.`;
}

function bottleneckTable(): string {
  const { scenario } = readScenario([]);
  const { maxReceiveCount } = stageDefaults;
  const list = bottlenecks({
    ...scenario,
    journalPartitions: journal({ table: "-" }).partitions,
    journalPartitionsMax: 64,
    retryHiddenSeconds: hiddenSeconds(maxReceiveCount).mean,
  });
  const rows = [...list.filter(({ perKey }) => perKey), ...list.filter(({ perKey }) => !perKey)].map(
    (one) => [
      one.what,
      `${number(Math.floor(one.messagesPerSecond))}/s`,
      ...rates.map((rate) => shareAt(rate, one)),
      one.past,
    ],
  );
  return markdownTable(
    ["resource", "limit", ...rates.map((rate) => `at ${number(rate)}/s`), "beyond it"],
    rows,
  );
}

/** How full it is; a key's share of the load is the user's to know. */
function shareAt(rate: number, { messagesPerSecond, perKey }: Bottleneck): string {
  if (perKey) return "–";
  const share = rate / messagesPerSecond;
  if (share > 1) return `**× ${share < 10 ? share.toFixed(1) : number(Math.ceil(share))}**`;
  return share < 0.01 ? "< 1 %" : `${Math.round(share * 100)} %`;
}

function priceTable(): string {
  const table = markdownTable(
    ["price", "$ a million"],
    Object.values(prices).map(({ what, dollars, page }) => [
      `[${what}](${page})`,
      (dollars * 1_000_000).toFixed(3),
    ]),
  );
  return `${table}\n\nThe pages render prices by script; compared on ${pricesCheckedOn} with third-party reports.`;
}

function dollarTable(): string {
  const { consumers, relay, journalWriteUnits } = readMeasured();
  const rows = Object.values(modes).map((mode) => {
    const of = consumers[mode.contender] as MeasuredConsumer; // modes.ts has looked
    const fresh = dollarsPerMessage(useOf(of), mode.relay);
    const duplicate = dollarsPerMessage(
      { ...useOf(of), writeUnits: of.duplicateWriteUnits, readUnits: of.duplicateReadUnits },
      { writeUnits: 0, sqsRequests: 0 },
    );
    return [
      mode.contender,
      of.requests.toFixed(1),
      (of.writeUnits + mode.relay.writeUnits).toFixed(1),
      dollars(fresh.dynamodb),
      dollars(fresh.sqs),
      dollars(fresh.lambda),
      `**${dollars(fresh.total)}**`,
      dollars(duplicate.total),
    ];
  });
  const table = markdownTable(
    [
      "consumer",
      "requests",
      "write units",
      "DynamoDB",
      "SQS",
      "Lambda ¹",
      "a million messages",
      "a million duplicates ²",
    ],
    rows,
  );
  const kept = dollars(journalWriteUnits * prices.writeUnit.dollars);
  const sqsRequests = relay.sqsRequests.toFixed(2);
  return `${table}\n\nThe journal, if used, adds ${kept} a million (${journalWriteUnits.toFixed(1)} write units a message). The relay sends ${sqsRequests} SQS requests a message.`;
}

function useOf({ writeUnits, readUnits, batchMs }: MeasuredConsumer): ConsumerUse {
  const { batchSize: messagesPerInvocation, memoryMegabytes } = stageDefaults;
  return {
    writeUnits,
    readUnits,
    sqsRequests: 0,
    messagesPerInvocation,
    invocationMs: batchMs,
    memoryMegabytes,
  };
}

/** What an outage of the consumer's dependency does, by how often a message may be received. */
function outageTable(): string {
  const outages = [20, 60, 600, 3_600];
  const rows = [5, 8, 12, 16].map((receives) => {
    const { mean, max } = hiddenSeconds(receives);
    const parked = outages.map((seconds) => {
      const args = [
        "--rate",
        "100",
        "--seconds",
        "7200",
        "--outage",
        `600+${seconds}`,
        "--receives",
        String(receives),
      ];
      const all = simulate(readScenario(args).scenario).reduce((sum, second) => sum + second.parked, 0);
      return `${Math.round((100 * all) / (100 * seconds))} %`;
    });
    return [String(receives), `${Math.round(mean)} s`, `${max} s`, ...parked];
  });
  return markdownTable(
    ["maxReceiveCount", "retried for, mean", "at most", ...outages.map((seconds) => `outage ${seconds} s`)],
    rows,
  );
}

/** How long a message that always fails is hidden in all, before it is parked. */
export function hiddenSeconds(maxReceiveCount: number): { mean: number; max: number } {
  const ceilings = Array.from({ length: maxReceiveCount - 1 }, (_, index) =>
    backoffSeconds(index + 1, () => 1),
  );
  return {
    mean: ceilings.reduce((sum, ceiling) => sum + (ceiling + 1) / 2, 0),
    max: ceilings.reduce((sum, ceiling) => sum + ceiling, 0),
  };
}

function dollars(perMessage: number): string {
  return `$${(perMessage * 1_000_000).toFixed(2)}`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
