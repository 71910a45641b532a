// The kit for a Lambda function of your own, in a stack of your own: adds the environment and the grants that its handler
// needs. `ServiceStack` does the same for functions that it creates.
//
//   G2. Evidence is the stack's own: one table for all its functions, whose keys begin with the name of a contract.
//   G7. A function may put rows of its own name into the outbox, and nothing else.
import { type Contract, contractText, contractVariable } from "@essentially-once/messaging/contract";
import type { MessageType } from "@essentially-once/messaging/message-type";
import { Stack } from "aws-cdk-lib";
import { CfnRole } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Config, Sizes } from "../config/config.ts";
import { useLimits } from "../constructs/limits.ts";
import { type ConsumedQueues, useQueues } from "../constructs/queue-consumer.ts";
import { denyOtherSenders, pathOfRoles, relayRoles } from "../constructs/queue-senders.ts";
import { ContractRegistration } from "../constructs/registry.ts";
import { ServiceTable } from "../constructs/service-table.ts";
import type { Foundation } from "./shared-foundation.ts";

export interface MessagingOptions {
  /** What its handler is built on, by `consumer(contract)` or `endpoint(contract)`. */
  readonly contract: Contract;
  readonly config: Config;
  /** The queue that it consumes. The mapping is yours; it needs `reportBatchItemFailures`. */
  readonly queue?: ConsumedQueue;
  /** To publish, and to take what the relay sends and signs. Without it the queue is one that others send to. */
  readonly foundation?: Foundation;
  /** The limits that its `rate({ key })` and `breaker({ key })` name. */
  readonly limits?: readonly string[];
  /** Types whose other side is in another app. */
  readonly elsewhere?: readonly MessageType[];
}

/** A `RedriveQueue`, or a queue of your own. */
export interface ConsumedQueue extends ConsumedQueues {
  /** Where it is known before the deployment. */
  readonly queueName?: string;
}

/**
 * Gives a function of your own what a handler of the kit needs: evidence, its queue, and with a foundation outbox and keys.
 * ```ts
 * useMessaging(sendInvoiceFunction, { contract: sendInvoice, config, queue });
 * ```
 * @throws Error when the contract publishes and there is no foundation
 */
export function useMessaging(user: LambdaFunction, options: MessagingOptions): void {
  const { contract, config, queue, foundation, limits = [], elsewhere = [] } = options;
  const { sizes } = config;
  const evidence = evidenceOf(Stack.of(user), sizes);
  user.addEnvironment("EVIDENCE_TABLE", evidence.tableName);
  evidence.grant(user, "dynamodb:GetItem", "dynamodb:PutItem");
  useLimits(user, { limits, evidence });
  tellContract(user, { contract, sizes });
  putIntoOutbox(user, { contract, foundation });
  if (contract.schedules?.length) foundation?.schedules.use(user, contract.name);
  if (queue) consume(user, { queue, evidence, foundation, sizes });
  const relayed = foundation && queue?.queue;
  register(user, { contract, queue: relayed, elsewhere, limits, sizes });
}

export interface OutboxOptions extends Pick<MessagingOptions, "contract" | "config" | "elsewhere"> {
  readonly foundation: Foundation;
}

/** Lets a function of your own put rows into the outbox, by `outboxWrites(contract, …)`, and needs nothing else of the kit. */
export function useOutboxRows(user: LambdaFunction, options: OutboxOptions): void {
  const { contract, config, foundation, elsewhere = [] } = options;
  tellContract(user, { contract, sizes: config.sizes });
  putIntoOutbox(user, { contract, foundation });
  register(user, { contract, queue: undefined, elsewhere, sizes: config.sizes });
}

interface Told {
  readonly contract: Contract;
  readonly sizes: Sizes;
}

function tellContract(user: LambdaFunction, { contract, sizes }: Told): void {
  user.addEnvironment(contractVariable, contractText(contract));
  user.addEnvironment("POWERTOOLS_SERVICE_NAME", contract.name);
  user.addEnvironment("POWERTOOLS_METRICS_NAMESPACE", sizes.metricNamespace);
  moveRole(user, sizes);
}

/** Below the path of the stage's roles, which policies of queues go by. One with a name of its own stays: it cannot be replaced. */
function moveRole({ role }: LambdaFunction, sizes: Sizes): void {
  const resource = role?.node.defaultChild;
  if (!(resource instanceof CfnRole)) return; // of another app
  const isNamed = resource.stack.resolve(resource.roleName) !== undefined;
  if (!isNamed) resource.path = pathOfRoles(sizes, "service");
}

function putIntoOutbox(
  user: LambdaFunction,
  { contract, foundation }: { readonly contract: Contract; readonly foundation: Foundation | undefined },
): void {
  if (contract.publishes.length === 0) return;
  if (foundation === undefined) {
    throw new Error(
      `${user.node.path}: ${contract.name} publishes messages, so it needs an outbox: give useMessaging ` +
        "a `foundation` (a FoundationStack of this app, or a SharedFoundation)",
    );
  }
  user.addEnvironment("ORDERED_OUTBOX_TABLE", foundation.outbox.tableName);
  foundation.outbox.grantOwn(user, `${contract.name}#`, "dynamodb:PutItem");
}

interface Consumption {
  readonly queue: ConsumedQueue;
  readonly evidence: ServiceTable;
  readonly foundation: Foundation | undefined;
  readonly sizes: Sizes;
}

function consume(user: LambdaFunction, { queue: consumed, evidence, foundation, sizes }: Consumption): void {
  const { queue, deadLetterQueue, queueName = queue.queueName } = consumed;
  useQueues(user, consumed);
  evidence.grant(user, "dynamodb:BatchGetItem"); // a redelivered batch asks at once what is done
  evidence.grant(user, "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"); // leases of a batch share a request
  if (queue.fifo) evidence.grant(user, "dynamodb:UpdateItem", "dynamodb:DeleteItem"); // the holds
  foundation?.signingKeys.use(user);
  foundation?.claims.allowParking(user, { queueName });
  denyOtherSenders(queue, { senders: foundation && [relayRoles(queue, sizes)], sizes });
  denyOtherSenders(deadLetterQueue, { senders: user.role && [user.role.roleArn], sizes });
}

/** One for all functions of the stack, as `ServiceStack` has it. */
function evidenceOf(stack: Stack, { keepsData, encryptionKeyArn }: Sizes): ServiceTable {
  const existing = stack.node.tryFindChild("Evidence");
  if (existing instanceof ServiceTable) return existing;
  return new ServiceTable(stack, "Evidence", {
    keepsData,
    encryptionKeyArn,
    timeToLiveAttribute: "expiresAt", // evidence is kept longer than any message can be redelivered
  });
}

function register(
  user: LambdaFunction,
  {
    contract,
    ...entry
  }: Told &
    Pick<Required<MessagingOptions>, "elsewhere"> &
    Pick<MessagingOptions, "limits"> & { queue: IQueue | undefined },
): void {
  new ContractRegistration(Stack.of(user), `Contract-${contract.name}`, { contract, ...entry });
}
