// Step 3 of 4: publisher → queue → consumer. A queue that cannot exist without its dead-letter queue.
//
//   G6. A message that cannot be processed waits 14 days for an operator, with its reason: `npm run dlq -- list`,
//       then `npm run dlq -- redrive`.
//   G4. With `fifo` both queues keep the order of each key, and only the consumer parks: it knows who must wait.

import {
  deadLetterRetentionDays,
  sourceRetentionDaysMax,
} from "@essentially-once/messaging/internal/envelope/message-life";
import { ArnFormat, Duration, Names, Stack, Validations } from "aws-cdk-lib";
import {
  DeduplicationScope,
  FifoThroughputLimit,
  type IQueue,
  Queue,
  RedrivePermission,
} from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { requireDuration, requireWholeNumber } from "../config/bounds.ts";
import { ServiceQueue } from "./service-queue.ts";

export interface RedriveQueueOptions {
  /** Timeout of the function that consumes the queue. */
  readonly functionTimeout: Duration;
  /** Batching window of the function's mapping. */
  readonly batchWindow: Duration;
  /** A message whose handler failed so often moves to the dead-letter queue. A wait for a busy key is no failure. */
  readonly maxReceiveCount: number;
  /** How long a message may wait in the queue. Shorter than in the dead-letter queue. */
  readonly retention?: Duration;
  /** Messages of one group are received in the order of their sending, one batch at a time. */
  readonly fifo?: boolean;
  /** A queue that exists already and that this app does not configure: only its dead-letter queue is created. */
  readonly existing?: IQueue | undefined;
  /** Both queues, and what they hold, outlive the stack. */
  readonly keepsData: boolean;
  /**
   * Who counts failures. The kit's consumer parks a message with its reason and does not count waits. For a handler without
   * the kit it is SQS: it counts every receive, and moves the message after `maxReceiveCount` of them.
   */
  readonly countedBy?: "consumer" | "queue";
  /** What the name begins with, also in a stack whose own name does not: the relay may send to queues by it. */
  readonly stackPrefix?: string;
  /** A key of your own for both queues; unless given, SQS encrypts with one of its own. */
  readonly encryptionKeyArn?: string | undefined;
}

export class RedriveQueue extends Construct {
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
  readonly maxReceiveCount: number;
  /** Known before the deployment. */
  readonly queueName: string;

  get queues(): { readonly queue: IQueue; readonly deadLetterQueue: IQueue } {
    return { queue: this.queue, deadLetterQueue: this.deadLetterQueue };
  }

  constructor(scope: Construct, id: string, options: RedriveQueueOptions) {
    super(scope, id);
    const {
      functionTimeout,
      batchWindow,
      maxReceiveCount,
      retention,
      fifo,
      existing,
      keepsData,
      countedBy,
      stackPrefix,
      encryptionKeyArn,
    } = resolve(options);
    const kind = {
      keepsData,
      encryptionKeyArn,
      ...(fifo && highThroughputFifo),
    };
    const suffix = fifo ? ".fifo" : "";
    const prefix = Stack.of(this).stackName.startsWith(stackPrefix) ? "" : stackPrefix;
    const uniqueName = Names.uniqueResourceName(this, {
      separator: "-",
      allowedSpecialCharacters: "-",
      maxLength: queueNameLengthMax - prefix.length - suffix.length,
    });
    const name = existing?.queueName ?? `${prefix}${uniqueName}${suffix}`;

    this.maxReceiveCount = maxReceiveCount;
    this.queueName = name;
    this.deadLetterQueue = new ServiceQueue(this, "DeadLetters", {
      ...kind,
      retentionPeriod: deadLetterRetention,
      redriveAllowPolicy: {
        redrivePermission: RedrivePermission.BY_QUEUE, // no other queue may use this dead-letter queue
        sourceQueues: [existing ?? Queue.fromQueueArn(this, "Source", arnOf(this, name))],
      },
    });
    Validations.of(this.deadLetterQueue).acknowledge({
      id: "Serverless::Serverless-SQSRedrivePolicy",
      reason: "It is a dead-letter queue and has no consumer that could fail.",
    });
    this.queue =
      existing ??
      new ServiceQueue(this, "Messages", {
        ...kind,
        // The one physical name of the project: two queues that name each other are a cycle for CloudFormation unless
        // one is known by name. It is made from the stack's name and the path, and nothing but FIFO replaces a queue.
        // A queue that was kept when its stack was deleted has to be emptied and deleted before the stack can return.
        queueName: name,
        retentionPeriod: retention,
        visibilityTimeout: visibilityTimeout({ functionTimeout, batchWindow }),
        deadLetterQueue: {
          queue: this.deadLetterQueue,
          maxReceiveCount: countedBy === "queue" ? maxReceiveCount : receivesMax,
        },
      });
  }
}

/**
 * The visibility timeout: six timeouts of the function and one batching window, so that Lambda retries a throttled batch
 * before SQS delivers its messages again.
 *
 * From https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 *
 * @example visibilityTimeout({ functionTimeout: Duration.seconds(5), batchWindow: Duration.seconds(2) }) // 32 s
 */
export function visibilityTimeout({
  functionTimeout,
  batchWindow,
}: {
  functionTimeout: Duration;
  batchWindow: Duration;
}): Duration {
  return Duration.seconds(6 * functionTimeout.toSeconds() + batchWindow.toSeconds());
}

// The longest that SQS keeps anything. A standard dead-letter queue counts from the first sending.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
const deadLetterRetention = Duration.days(deadLetterRetentionDays);

// Without both settings all groups of a queue share 300 requests a second.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
const highThroughputFifo = {
  fifo: true,
  deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
  fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
};

// The most that SQS allows. A message is received once more with each wait for a busy key, and in a FIFO group with each
// failure in front of it; and one that SQS moves has no reason, and lets its successors pass. So the consumer counts
// attempts (`maxReceiveCount`) and parks; the policy is for a function that never starts.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
const receivesMax = 1000;

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
const queueNameLengthMax = 80;

function resolve(options: RedriveQueueOptions): Required<RedriveQueueOptions> {
  const {
    functionTimeout,
    batchWindow,
    maxReceiveCount,
    retention = Duration.days(4),
    fifo = false,
    existing,
    countedBy = "consumer",
    stackPrefix = "",
    encryptionKeyArn,
  } = options;
  requireDuration("functionTimeout", functionTimeout, {
    min: Duration.seconds(1),
    max: Duration.minutes(15),
  });
  requireDuration("batchWindow", batchWindow, { min: Duration.seconds(0), max: Duration.seconds(300) });
  // What is transient outlasts fewer: four pauses are 17 seconds on average.
  requireWholeNumber("maxReceiveCount", maxReceiveCount, { min: 5, max: 1000 });
  requireDuration("retention", retention, {
    min: Duration.minutes(1),
    max: Duration.days(sourceRetentionDaysMax), // what is left of the dead letter's 14 days is the operator's
  });
  if (fifo && batchWindow.toSeconds() > 0) {
    throw new RangeError(`batchWindow must be 0 for a FIFO queue, got ${batchWindow.toSeconds()} seconds`);
  }
  return { ...options, retention, fifo, existing, countedBy, stackPrefix, encryptionKeyArn };
}

function arnOf(scope: Construct, queueName: string): string {
  return Stack.of(scope).formatArn({
    service: "sqs",
    resource: queueName,
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  });
}
