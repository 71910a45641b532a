// One dashboard that reads like the flow, from left to right: requests → outbox → queues → effects → dead letters.
// Each row belongs to one consumer.

import { limitMetrics } from "@essentially-once/messaging/internal/core/limit-metrics";
import { metricNames } from "@essentially-once/messaging/internal/core/metric-names";
import {
  Column,
  Dashboard,
  GraphWidget,
  type IMetric,
  TextWidget,
  TextWidgetBackground,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { type Counted, serviceMetric } from "../config/service-metrics.ts";
import type { NodeFunction } from "./node-function.ts";
import type { OutboxPublisher } from "./outbox-publisher.ts";
import type { OutboxSweeper } from "./outbox-sweeper.ts";
import type { QueueConsumer } from "./queue-consumer.ts";
import { iteratorAge } from "./relay-alarms.ts";
import { tableMetric } from "./resource-alarms.ts";
import type { ScheduleDispatcher } from "./schedule-dispatcher.ts";
import type { ServiceTable } from "./service-table.ts";

export interface Flow {
  /** Functions that neither consume a queue nor relay: endpoints and schedules. */
  readonly entrances: readonly NodeFunction[];
  readonly tables: readonly ServiceTable[];
  readonly publishers: readonly OutboxPublisher[];
  readonly sweepers: readonly OutboxSweeper[];
  /** One where messages are scheduled. */
  readonly dispatchers: readonly ScheduleDispatcher[];
  readonly consumers: readonly QueueConsumer[];
}

export class FlowDashboard extends Dashboard {
  constructor(scope: Construct, id: string, flow: Flow, counted: (of: NodeFunction) => Counted) {
    super(scope, id);
    const { entrances, tables, publishers, sweepers, dispatchers, consumers } = flow;
    this.addWidgets(
      column("Requests and schedules", 4, entrances.map(invocations)),
      column("Outbox", 5, [
        ...sweepers.map((sweeper) => ({
          title: "oldest row, seconds",
          left: [
            serviceMetric(counted(sweeper.function), metricNames.outboxAgeSeconds, { statistic: "Maximum" }),
          ],
        })),
        ...publishers.map((publisher) => ({
          title: "stream iterator age, ms",
          left: [iteratorAge(publisher)],
        })),
        ...dispatchers.map((dispatcher) => ({
          title: "oldest overdue schedule, seconds",
          left: [
            serviceMetric(counted(dispatcher.function), metricNames.scheduleAgeSeconds, {
              statistic: "Maximum",
            }),
          ],
        })),
        ...[...publishers, ...sweepers, ...dispatchers].map((relay) => invocations(relay.function)),
        {
          title: "transaction conflicts",
          left: tables.map((table) =>
            tableMetric(table, "TransactionConflict").with({ label: table.node.path }),
          ),
        },
      ]),
      column(
        "Queues",
        5,
        consumers.map((consumer) => waiting(consumer, counted(consumer.function))),
      ),
      column(
        "Effects",
        5,
        consumers.map((consumer) => effects(consumer, counted(consumer.function))),
      ),
      column(
        "Dead letters",
        5,
        consumers.map((consumer) => deadLetters(consumer, counted(consumer.function))),
      ),
    );
  }
}

interface Graph {
  readonly title: string;
  readonly left: IMetric[];
  readonly right?: IMetric[];
}

function column(title: string, width: number, graphs: readonly Graph[]): Column {
  return new Column(
    new TextWidget({
      markdown: `## ${title}`,
      width,
      height: 2,
      background: TextWidgetBackground.TRANSPARENT,
    }),
    ...graphs.map((graph) => new GraphWidget({ ...graph, width, height: 5 })),
  );
}

function invocations(watched: NodeFunction): Graph {
  return {
    title: watched.service,
    left: [watched.metricInvocations(), watched.metricErrors(), watched.metricThrottles()],
    right: [watched.metricDuration({ statistic: "p99" })],
  };
}

function waiting({ redriveQueue: { queue }, limits }: QueueConsumer, counted: Counted): Graph {
  const { rateAheadSeconds, breakerOpenSeconds } = limitMetrics;
  const ofLimits = limits.length > 0 ? [rateAheadSeconds, breakerOpenSeconds] : [];
  return {
    title: `${counted.service} waits`,
    left: [
      queue.metricApproximateNumberOfMessagesVisible(),
      queue.metricApproximateNumberOfMessagesNotVisible(),
    ],
    right: [
      queue.metricApproximateAgeOfOldestMessage(),
      ...[metricNames.waitedSeconds, ...ofLimits].map((name) =>
        serviceMetric(counted, name, { statistic: "Maximum" }),
      ),
    ],
  };
}

function effects(consumer: QueueConsumer, counted: Counted): Graph {
  const { processed, duplicateAbsorbed, retried, batchItemFailures, lost } = metricNames;
  return {
    title: `${counted.service} does`,
    left: [processed, duplicateAbsorbed, retried, batchItemFailures, lost].map((name) =>
      serviceMetric(counted, name),
    ),
    right: [consumer.function.metricDuration({ statistic: "p99" })],
  };
}

function deadLetters({ redriveQueue: { deadLetterQueue } }: QueueConsumer, counted: Counted): Graph {
  return {
    title: `${counted.service} could not`,
    left: [
      deadLetterQueue.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum" }),
      serviceMetric(counted, metricNames.parked),
      serviceMetric(counted, metricNames.inDoubt),
    ],
  };
}
