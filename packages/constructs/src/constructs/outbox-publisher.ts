// Step 2 of 4: outbox → queues, as soon as a row is committed. A function on the stream of the outbox table; or, in the stack of
// a service whose items carry messages of their own (`inline`), one on the stream of its table.
//
//   G3. The stream is only the fast path. A message that it fails to send is still a row of the outbox, and the sweeper
//       sends it. So retries may end, and the failure queue needs no redrive. Messages in items (`inline`) become such
//       rows when they cannot be sent; until the function has run, only the stream has them.

import { outboxIdAttribute } from "@essentially-once/messaging/internal/commit/inline-write";
import { CfnOutput, Duration, Stack, Validations } from "aws-cdk-lib";
import { StreamViewType } from "aws-cdk-lib/aws-dynamodb";
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { Sizes } from "../config/config.ts";
import { NodeFunction } from "./node-function.ts";
import { type OutboxAccess, useOutbox } from "./outbox-access.ts";
import { denyOtherSenders } from "./queue-senders.ts";
import { ServiceQueue } from "./service-queue.ts";
import { ServiceTable } from "./service-table.ts";

export interface OutboxPublisherOptions extends OutboxAccess {
  /** A table whose items carry messages: its stream is read, and not the outbox's. */
  readonly inline?: { readonly table: ServiceTable; readonly service: string };
}

export class OutboxPublisher extends Construct {
  readonly function: NodeFunction;
  readonly failureQueue: IQueue;

  constructor(scope: Construct, id: string, options: OutboxPublisherOptions) {
    super(scope, id);
    const { outbox, formerOutbox, sizes, inline } = options;
    this.function = new NodeFunction(this, "Function", {
      ...sizes,
      entry: "relay/publish.ts",
      ...(inline && { service: `publish-${inline.service}` }),
      roleFolder: "relay",
    });
    useOutbox(this.function, options);
    this.failureQueue = failureQueue(this, sizes);
    this.failureQueue.grant(this.function, "sqs:SendMessage");
    denyOtherSenders(this.failureQueue, { senders: [this.function.roleArn], sizes });

    if (inline === undefined) {
      outbox.grant(this.function, "dynamodb:UpdateItem"); // notes that it was tried
      if (outbox instanceof ServiceTable) this.#readOutbox("OrderedMapping", outbox);
      else throw new Error("outbox must be a table of this app: an app with a relay needs its foundation");
      if (formerOutbox) this.#readOutbox("Mapping", formerOutbox);
    } else {
      outbox.grant(this.function, "dynamodb:PutItem"); // what could not be sent
      this.#read(inline.table, {
        id: "Mapping",
        streamArn: streamArnOf("inline", inline.table, StreamViewType.NEW_AND_OLD_IMAGES),
        filter: { dynamodb: { NewImage: { [outboxIdAttribute]: { S: FilterRule.exists() } } } },
        retryAttempts: 10_000, // no sweeper looks into items, and ten may be over soon: as long as the record lives
      });
    }
    const key = `${inline ? Stack.of(this).node.id : ""}PublishFailureQueueUrl`;
    new CfnOutput(this, "FailureQueueUrl", { value: this.failureQueue.queueUrl }).overrideLogicalId(key);
  }

  #readOutbox(id: string, table: ServiceTable): void {
    this.#read(table, {
      id,
      streamArn: streamArnOf("outbox", table, StreamViewType.NEW_IMAGE),
      filter: { eventName: FilterRule.isEqual("INSERT") }, // not our own deletes and notes
      retryAttempts: 10, // unless bounded, one bad record holds its shard until it expires
    });
  }

  #read(table: ServiceTable, { id, streamArn, filter, retryAttempts }: StreamOptions): void {
    table.grantStreamRead(this.function);
    const destination = this.failureQueue.queueArn;
    new EventSourceMapping(this, id, {
      target: this.function,
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON, // LATEST skips what is committed while the mapping starts
      filters: [FilterCriteria.filter(filter)],
      batchSize: 100,
      reportBatchItemFailures: true, // what was sent before the failure is not sent again
      bisectBatchOnError: true, // when the function dies, the record that kills it ends up alone
      retryAttempts,
      maxRecordAge: Duration.hours(12), // shorter than the stream's 24 hours, so nothing expires unreported
      onFailure: { bind: () => ({ destination }) },
    });
  }
}

interface StreamOptions {
  readonly id: string;
  readonly streamArn: string;
  readonly filter: Readonly<Record<string, unknown>>;
  readonly retryAttempts: number;
}

/** Says which records the stream gave up: positions in the stream, not messages, which are in the outbox. */
function failureQueue(scope: Construct, { keepsData, encryptionKeyArn }: Sizes): IQueue {
  const queue = new ServiceQueue(scope, "FailureQueue", {
    keepsData,
    encryptionKeyArn,
    retentionPeriod: Duration.days(14),
  });
  for (const id of ["AwsSolutions::AwsSolutions-SQS3", "Serverless::Serverless-SQSRedrivePolicy"]) {
    const reason = "It is the dead-letter queue of a stream and has no consumer that could fail.";
    Validations.of(queue).acknowledge({ id, reason });
  }
  return queue;
}

function streamArnOf(what: string, table: ServiceTable, needed: StreamViewType): string {
  const { stream, tableStreamArn } = table;
  if (stream === needed && tableStreamArn !== undefined) return tableStreamArn;
  throw new Error(
    `${what} must be a table with a stream of ${needed}, got ${table.node.path} with ${stream ?? "none"}`,
  );
}
