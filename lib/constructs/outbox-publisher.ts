// Step 2 of 4: outbox → queues, as soon as a row is committed. A function on the stream of the outbox table.
//
//   G3. The stream is the fast path only. Whatever it fails to send is still a row of the outbox, and the sweeper
//       sends it; so retries may end, and nothing in the failure queue needs to be redriven.
import { CfnOutput, Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import { StreamViewType } from "aws-cdk-lib/aws-dynamodb";
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from "aws-cdk-lib/aws-lambda";
import { type IQueue, Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { Sizes } from "../config.ts";
import type { Routes } from "../routes.ts";
import { NodeFunction } from "./node-function.ts";
import { useOutbox } from "./outbox-access.ts";
import type { ServiceTable } from "./service-table.ts";

export interface OutboxPublisherOptions {
  readonly outbox: ServiceTable;
  readonly journal: ServiceTable;
  readonly routes: Routes;
  readonly sizes: Sizes;
}

export class OutboxPublisher extends Construct {
  readonly function: NodeFunction;
  readonly failureQueue: IQueue;

  constructor(scope: Construct, id: string, options: OutboxPublisherOptions) {
    super(scope, id);
    const { outbox, sizes } = options;
    this.function = new NodeFunction(this, "Function", { ...sizes, entry: "outbox/publish.ts" });
    useOutbox(this.function, options);
    this.failureQueue = failureQueue(this, sizes);
    this.failureQueue.grant(this.function, "sqs:SendMessage");
    outbox.grantStreamRead(this.function);

    const destination = this.failureQueue.queueArn;
    new EventSourceMapping(this, "Mapping", {
      target: this.function,
      eventSourceArn: streamArnOf(outbox),
      startingPosition: StartingPosition.TRIM_HORIZON, // LATEST skips what is committed while the mapping starts
      filters: [FilterCriteria.filter({ eventName: FilterRule.isEqual("INSERT") })], // not our own deletes
      batchSize: 100,
      reportBatchItemFailures: true, // what was sent before the failure is not sent again
      bisectBatchOnError: true, // when the function dies, the record that kills it ends up alone
      retryAttempts: 10, // unless bounded, one bad record holds its shard until it expires
      maxRecordAge: Duration.hours(12), // shorter than the stream's 24 hours, so nothing expires unreported
      onFailure: { bind: () => ({ destination }) },
    });
    new CfnOutput(this, "FailureQueueUrl", { value: this.failureQueue.queueUrl }).overrideLogicalId(
      "PublishFailureQueueUrl",
    );
  }
}

/** Says which records the stream gave up: positions in the stream, not messages, which are in the outbox. */
function failureQueue(scope: Construct, { keepsData }: Sizes): IQueue {
  const queue = new Queue(scope, "FailureQueue", {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    removalPolicy: keepsData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
  });
  Validations.of(queue).acknowledge({
    id: "AwsSolutions::AwsSolutions-SQS3",
    reason: "It is a dead-letter queue: that of a stream. Nothing consumes it, so nothing can fail in it.",
  });
  return queue;
}

function streamArnOf(outbox: ServiceTable): string {
  const { stream, tableStreamArn } = outbox;
  if (stream === StreamViewType.NEW_IMAGE && tableStreamArn !== undefined) return tableStreamArn;
  throw new Error(
    `outbox must be a table with a stream of NEW_IMAGE, got ${outbox.node.path} with ${stream ?? "none"}`,
  );
}
