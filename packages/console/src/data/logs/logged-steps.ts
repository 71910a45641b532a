// The deliveries of a message on a stage, from the lines of its functions, by CloudWatch Logs Insights.
//
//   A query costs by the data that it scans, so it runs when one message is opened, over the days of its life, and once: its answer is kept.
//   G11. A query ends after so many lines and seconds.

import { setTimeout as sleep } from "node:timers/promises";
import {
  type CloudWatchLogsClient,
  GetQueryResultsCommand,
  type ResultField,
  StartQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { Step } from "../../api/message.ts";
import { endOf } from "../seen/delivery-ends.ts";
import { lineIn } from "../seen/fields-in.ts";
import type { SeenMessage } from "../seen/message-index.ts";
import { whyOf } from "../why.ts";
import { LOG_GROUPS_MAX } from "./log-groups.ts";

export interface LoggedOptions {
  readonly client: CloudWatchLogsClient;
  readonly groups: () => Promise<readonly string[]>;
  readonly now?: () => number;
  readonly pauseMs?: number;
  readonly waitMsMax?: number;
}

export interface Logged {
  readonly steps: readonly Step[];
  readonly missing: readonly string[];
}

const LINES_MAX = 500;
const BEFORE_MS = 3_600_000;
/** A message lives so long in a queue and its dead-letter queue. */
const LIFE_MS = 28 * 86_400_000;
const KEPT_MAX = 200;
/** What could end the text of the query; ids of the kit have none of it. */
const QUOTABLE = /^[^"\\\p{Cc}]{1,512}$/u;

export function loggedSteps(options: LoggedOptions): (message: SeenMessage) => Promise<Logged> {
  const { client, groups, now = Date.now, pauseMs = 500, waitMsMax = 20_000 } = options;
  const kept = new Map<string, Promise<Logged>>();
  return function logged({ fields }) {
    const key = JSON.stringify([fields.source, fields.id]);
    const known = kept.get(key);
    if (known) return known;
    const asked = ask(fields.id, fields.time).catch((error: unknown): Logged => {
      kept.delete(key);
      const why = whyOf(error);
      return {
        steps: [],
        missing: [`Its deliveries are in the functions' logs, which were not read: ${why}.`],
      };
    });
    kept.set(key, asked);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
    return asked;
  };

  async function ask(id: string, time: string | undefined): Promise<Logged> {
    if (!QUOTABLE.test(id)) return { steps: [], missing: ["Its id cannot be searched for in the logs."] };
    const logGroupNames = await groups();
    if (logGroupNames.length === 0) return { steps: [], missing: ["The stacks have no log groups."] };
    const committedMs = Date.parse(time ?? "");
    const fromMs = Number.isFinite(committedMs) ? committedMs - BEFORE_MS : now() - LIFE_MS;
    const { queryId } = await client.send(
      new StartQueryCommand({
        logGroupNames: logGroupNames.slice(0, LOG_GROUPS_MAX),
        queryString: `fields @timestamp, @message, @logStream | filter messageId = "${id}" | sort @timestamp asc`,
        startTime: Math.floor(fromMs / 1_000),
        endTime: Math.ceil(Math.min(now(), fromMs + LIFE_MS) / 1_000),
        limit: LINES_MAX,
      }),
    );
    const { lines, isWhole } = await resultsOf(queryId);
    const steps = lines.flatMap(stepIn);
    const missing = [
      "Deliveries are told by the functions' logs: one that was killed left no line.",
      ...(isWhole && lines.length < LINES_MAX ? [] : ["Not all lines of the logs are here."]),
      ...(logGroupNames.length > LOG_GROUPS_MAX ? [`Only ${LOG_GROUPS_MAX} log groups were searched.`] : []),
    ];
    return { steps, missing };
  }

  async function resultsOf(queryId: string | undefined) {
    const endMs = now() + waitMsMax;
    for (;;) {
      const { status, results = [] } = await client.send(new GetQueryResultsCommand({ queryId }));
      const isOpen = status === "Running" || status === "Scheduled";
      if (!isOpen || now() >= endMs) return { lines: results, isWhole: status === "Complete" };
      await sleep(pauseMs);
    }
  }
}

function stepIn(fields: readonly ResultField[]): Step[] {
  const of = (name: string) => fields.find(({ field }) => field === name)?.value ?? "";
  const told = lineIn(of("@message"));
  const end = told && endOf(told);
  if (!told || !end) return [];
  const { receiveCount, service, consumer } = told.fields;
  const environment = of("@logStream").slice(-8);
  const who = typeof consumer === "string" ? consumer : String(service ?? "a function");
  return [
    {
      at: `${of("@timestamp").replace(" ", "T")}Z`,
      what: "delivered",
      told: "logs",
      text: `${who}: ${told.code}${end.code === undefined ? "" : ` (${end.code})`}.`,
      environment,
      ...end,
      ...(typeof receiveCount === "number" && { receiveCount }),
    },
  ];
}
