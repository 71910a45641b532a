// Step 2 of 4 for scheduled messages: those that are due → outbox, each minute and when a wake-up says so.
//
//   G12. Two at once are harmless: of two that dispatch one message, one commits.
import { Duration, Validations } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { EventSourceMapping } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { Sizes } from "../config/config.ts";
import { NodeFunction, withoutAsyncRetries } from "./node-function.ts";
import type { RedriveQueue } from "./redrive-queue.ts";
import { dispatchTimeout, type ScheduleStore } from "./schedule-store.ts";
import type { TableAccess } from "./service-table.ts";

export interface ScheduleDispatcherOptions {
  readonly schedules: ScheduleStore;
  readonly outbox: TableAccess;
  readonly sizes: Sizes;
}

export class ScheduleDispatcher extends Construct {
  readonly function: NodeFunction;
  readonly wakeUps: RedriveQueue;

  constructor(scope: Construct, id: string, { schedules, outbox, sizes }: ScheduleDispatcherOptions) {
    super(scope, id);
    this.wakeUps = schedules.wakeUps;
    this.function = new NodeFunction(this, "Function", {
      ...sizes,
      entry: "relay/dispatch.ts",
      roleFolder: "service", // it sends to no queue but that of its own wake-ups, as who schedules
      functionTimeout: dispatchTimeout,
    });
    this.function.configureAsyncInvoke(withoutAsyncRetries);
    schedules.useAll(this.function);
    this.function.addEnvironment("ORDERED_OUTBOX_TABLE", outbox.tableName);
    outbox.grant(this.function, "dynamodb:PutItem");

    const schedule = new Rule(this, "Schedule", {
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [
        new LambdaFunction(this.function, {
          ...withoutAsyncRetries, // the next minute is the retry
        }),
      ],
    });
    Validations.of(schedule).acknowledge({
      id: "Serverless::Serverless-EventBusDLQ",
      reason: "The next run retries, and the age of the oldest scheduled message that is due has an alarm.",
    });
    const mapping = new EventSourceMapping(this, "Mapping", {
      target: this.function,
      eventSourceArn: schedules.wakeUps.queue.queueArn,
      reportBatchItemFailures: true,
      maxConcurrency: Math.min(sizes.maxConcurrency, dispatchersMax),
      batchSize: 10, // of one moment: they share a look at their slots
    });
    Validations.of(mapping).acknowledge({
      id: "Serverless::Serverless-LambdaEventSourceMappingDestination",
      reason: "A queue mapping has no failure destination; a wake-up that fails is not needed.",
    });
  }
}

/** As many as there are slots: more would look for the same items. */
const dispatchersMax = 16;
