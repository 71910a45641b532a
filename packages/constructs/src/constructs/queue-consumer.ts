// Step 3 of 4: queue → batch → effect. A function, the queue it consumes and the mapping between them.
//
//   G4. With `fifo`, messages of one key take effect in order; a parked one holds its successors.
//   G5. One bad record fails alone: the mapping takes partial batch responses.
//   G6. A message that fails permanently waits in the dead-letter queue of `RedriveQueue`.

import type { Contract } from "@essentially-once/messaging/contract";
import { CfnOutput, Validations } from "aws-cdk-lib";
import { EventSourceMapping, type Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { requireWholeNumber } from "../config/bounds.ts";
import type { Sizes } from "../config/config.ts";
import type { ClaimAccess } from "./claim-access.ts";
import { useLimits } from "./limits.ts";
import { NodeFunction } from "./node-function.ts";
import { denyOtherSenders, relayRoles } from "./queue-senders.ts";
import { RedriveQueue } from "./redrive-queue.ts";
import type { Subscription } from "./routes.ts";
import type { KeyAccess } from "./signing-keys.ts";
import { type UnitOfWorkTables, useUnitOfWorkTables } from "./unit-of-work-tables.ts";

export interface QueueConsumerOptions {
  /** What its handler is built on: the relay sends what it accepts to this consumer's queue. */
  readonly contract: Contract;
  /** The file below `functions/` that exports `handler`. */
  readonly entry: string;
  /** The messages of a key arrive in the order of their sending, one batch of a key at a time. */
  readonly fifo?: boolean;
  /** A queue that is there already; unless given, it gets one of its own. */
  readonly queue?: IQueue | undefined;
  readonly tables: UnitOfWorkTables;
  /** Where a message is parked that leaves no room for its reason. */
  readonly claims: ClaimAccess;
  /** For a handler with `signature()`, which `guards()` holds; absent for one that takes unsigned messages. */
  readonly signingKeys?: KeyAccess | undefined;
  /**
   * The principals that may send to the queue: ARNs of roles and users, as patterns. By default only the relay may;
   * `everybody` is any principal whose own policies allow it, except functions of this app.
   */
  readonly senders?: readonly string[] | "everybody" | undefined;
  /** Of its rates and breakers, as they name them. */
  readonly limits?: readonly string[];
  readonly sizes: Sizes;
  readonly environment?: Readonly<Record<string, string>>;
}

export class QueueConsumer extends Construct {
  readonly subscription: Subscription;
  readonly redriveQueue: RedriveQueue;
  readonly function: NodeFunction;
  /** More than that is a runaway. */
  readonly receivesPerMinuteMax: number;
  readonly limits: readonly string[];

  constructor(scope: Construct, id: string, options: QueueConsumerOptions) {
    super(scope, id);
    const {
      contract,
      entry,
      fifo,
      queue: existing,
      tables,
      claims,
      signingKeys,
      senders,
      limits,
      sizes,
      environment,
    } = resolve(options);
    this.limits = limits;
    this.receivesPerMinuteMax = sizes.receivesPerMinuteMax;
    this.redriveQueue = new RedriveQueue(this, "Queue", { ...sizes, fifo, existing });
    this.function = new NodeFunction(this, "Function", { ...sizes, contract, entry, environment });
    this.subscription = { contract, queue: this.redriveQueue.queue };

    useUnitOfWorkTables(this.function, tables);
    // A redelivered batch asks at once what is done: of evidence, or of items that have it inline.
    for (const table of [tables.state.table, tables.evidence])
      table.grant(this.function, "dynamodb:BatchGetItem");
    // Leases of a batch share a request, and so do writes with their evidence inside: no more than what a put may do.
    for (const table of [tables.state.table, tables.evidence])
      table.grant(this.function, "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate");
    useLimits(this.function, { limits, evidence: tables.evidence });
    signingKeys?.use(this.function);
    useQueues(this.function, this.redriveQueue);
    const { queue, deadLetterQueue } = this.redriveQueue;
    const sendersOfQueue = senders === "everybody" ? undefined : (senders ?? [relayRoles(this, sizes)]);
    if (existing === undefined) denyOtherSenders(queue, { senders: sendersOfQueue, sizes });
    denyOtherSenders(deadLetterQueue, { senders: [this.function.roleArn], sizes });
    claims.allowParking(this.function, this.redriveQueue);
    if (fifo) tables.evidence.grant(this.function, "dynamodb:UpdateItem", "dynamodb:DeleteItem"); // the holds
    const mapping = new EventSourceMapping(this, "Mapping", {
      target: this.function,
      eventSourceArn: this.redriveQueue.queue.queueArn,
      reportBatchItemFailures: true, // without it one bad record redelivers all ten
      maxConcurrency: sizes.maxConcurrency, // a throttled receive still counts towards maxReceiveCount
      batchSize: sizes.batchSize,
      ...(!fifo && { maxBatchingWindow: sizes.batchWindow }), // which a FIFO queue does not have
    });
    Validations.of(mapping).acknowledge({
      id: "Serverless::Serverless-LambdaEventSourceMappingDestination",
      reason:
        "Failed messages of a queue go to its dead-letter queue; a queue mapping has no failure destination.",
    });
    if (existing) {
      Validations.of(mapping).acknowledge({
        id: "Wiring::mapping-known",
        reason: "The queue belongs to another app: docs/existing-queues.md lists the settings to check.",
      });
    }
    this.#output("Consumer", this.function.service); // by which it keeps its evidence, and `npm run dlq` asks for it
    if (contract.from) this.#output("From", JSON.stringify(contract.from.form)); // in which its dead letters are read
    this.#output("QueueUrl", this.redriveQueue.queue.queueUrl);
    this.#output("DeadLetterQueueUrl", this.redriveQueue.deadLetterQueue.queueUrl);
  }

  #output(key: string, value: string): void {
    new CfnOutput(this, key, { value }).overrideLogicalId(`${this.node.id}${key}`);
  }
}

/** A queue and its dead-letter queue, as its consumer refers to them. */
export interface ConsumedQueues {
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
  /** A message whose handler failed so often is parked. In a queue of your own, fewer than its redrive policy allows receives. */
  readonly maxReceiveCount: number;
}

/** Receiving and deleting is the mapping's work, done in the function's name; the rest is the handler's own. */
export function useQueues(
  user: LambdaFunction,
  { queue, deadLetterQueue, maxReceiveCount }: ConsumedQueues,
): void {
  user.addEnvironment("QUEUE_URL", queue.queueUrl);
  user.addEnvironment("DEAD_LETTER_QUEUE_URL", deadLetterQueue.queueUrl);
  user.addEnvironment("MAX_RECEIVE_COUNT", String(maxReceiveCount));
  queue.grant(
    user,
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility", // to come back later than the visibility timeout says, or sooner
  );
  deadLetterQueue.grant(user, "sqs:SendMessage"); // to park, with the reason
}

function resolve(options: QueueConsumerOptions): Required<QueueConsumerOptions> {
  const { environment = {}, fifo = false, queue, signingKeys, senders, limits = [], sizes } = options;
  // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
  requireWholeNumber("maxConcurrency", sizes.maxConcurrency, { min: 2, max: 1000 });
  // More than ten at once only come to a mapping that waits for them.
  const batchSizeMax = sizes.batchWindow.toSeconds() >= 1 ? 10_000 : 10;
  requireWholeNumber("batchSize", sizes.batchSize, { min: 1, max: batchSizeMax });
  return { ...options, fifo, queue, signingKeys, senders, limits, environment };
}
