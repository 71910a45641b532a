// Configuration → stacks: every size that differs between stages, and every setting a deployment may give.

import { metricNamespace } from "@essentially-once/messaging/internal/core/metric-names";
import { Arn, ArnFormat, Duration, type StackProps } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Node } from "constructs";

export interface Config {
  readonly stage: StageName;
  /**
   * Who is notified of alarms: a topic that exists, or an address that gets one of its own. Production needs one of them, or
   * `none`, which says that the team watches the alarms in another way.
   */
  readonly alarmReceiver?: "none";
  readonly alarmTopicArn?: string;
  readonly alarmEmail?: string;
  /** Where `npm run deploy -- --move-evidence` is with a deployment whose services shared one evidence table. */
  readonly moveEvidence?: "pause" | "switch";
  readonly sizes: Sizes;
}

export interface Sizes {
  readonly functionTimeout: Duration;
  readonly functionMemoryMegabytes: number;
  readonly logRetention: RetentionDays;
  /** Most messages that one invocation of a consumer receives. */
  readonly batchSize: number;
  /** How long a consumer's mapping may wait for a batch to fill. */
  readonly batchWindow: Duration;
  /** Most invocations of one consumer at a time. */
  readonly maxConcurrency: number;
  /** A message whose handler failed so often goes to the dead-letter queue. A wait for a busy key is no failure. */
  readonly maxReceiveCount: number;
  /** A consumer that receives more messages a minute, for a quarter of an hour, rings: docs/runbook.md has what it costs. */
  readonly receivesPerMinuteMax: number;
  /** Essential are those that the wiring rules demand; each alarm costs $0.10 a month. */
  readonly alarms: "essential" | "all";
  /** Active: Lambda tells X-Ray of invocations, one a second of each function and a twentieth of the rest. */
  readonly tracing: "off" | "active";
  /** Where functions count what they do: one for each stage. */
  readonly metricNamespace: string;
  /** What the names of the stage's stacks begin with, and so those of its queues: the relay may send to them by it. */
  readonly stackPrefix: string;
  /** Where in IAM the stage has the roles of its functions, by which policies of queues name them; and what it keeps in Parameter Store. */
  readonly rolePath: string;
  /**
   * ARNs of the roles and users, as patterns, that may send to every queue, as a redrive does. If given, the queues refuse
   * every principal that is not named; otherwise they refuse only functions of this app.
   */
  readonly operators?: readonly string[];
  /** Tables and queues outlive their stack, and tables can be restored to any second. */
  readonly keepsData: boolean;
  /** A key of your own for all that keeps messages or state; unless given, keys of AWS encrypt it. */
  readonly encryptionKeyArn?: string;
}

export type StageName = keyof typeof stages;

/**
 * Reads the settings of one synthesis: `cdk deploy -c stage=prod -c alarmEmail=you@example.com`.
 *
 * @throws Error when a setting is not one of those allowed.
 */
export function readConfig(node: Node): Config {
  const stage = readStage(node.tryGetContext("stage") ?? "dev");
  return {
    stage,
    ...readAlarmReceiver(node, stage),
    ...readMoveEvidence(node),
    sizes: {
      ...stages[stage],
      tracing: readTracing(node),
      ...readEncryptionKey(node),
      ...readOperators(node),
    },
  };
}

/** What all stacks of a deployment share. The name holds the stage, so stages live side by side in one account. */
export function stackProps({ stage, sizes }: Config, service: string, description: string): StackProps {
  return {
    stackName: `${sizes.stackPrefix}${service}`,
    description: `essentially-once (${stage}): ${description}`,
    terminationProtection: sizes.keepsData,
    ...(sizes.encryptionKeyArn !== undefined && { env: { region: regionOf(sizes.encryptionKeyArn) } }),
  };
}

const stages = {
  dev: {
    functionTimeout: Duration.seconds(5),
    functionMemoryMegabytes: 512,
    logRetention: RetentionDays.ONE_WEEK,
    batchSize: 10,
    batchWindow: Duration.seconds(0),
    maxConcurrency: 2,
    maxReceiveCount: 5,
    receivesPerMinuteMax: 600,
    alarms: "essential",
    metricNamespace: `${metricNamespace}/dev`,
    stackPrefix: "EssentiallyOnce-dev-",
    rolePath: "/essentially-once/dev/",
    keepsData: false,
  },
  local: {
    // A killed function's messages come back after six of its timeouts, and on a laptop somebody watches.
    functionTimeout: Duration.seconds(3),
    functionMemoryMegabytes: 512,
    logRetention: RetentionDays.ONE_WEEK,
    batchSize: 10,
    batchWindow: Duration.seconds(0),
    maxConcurrency: 2,
    maxReceiveCount: 5,
    receivesPerMinuteMax: 600,
    alarms: "essential",
    metricNamespace: `${metricNamespace}/local`,
    stackPrefix: "EssentiallyOnce-local-",
    rolePath: "/essentially-once/local/",
    keepsData: false,
  },
  prod: {
    functionTimeout: Duration.seconds(30),
    functionMemoryMegabytes: 512,
    logRetention: RetentionDays.THREE_MONTHS,
    batchSize: 10,
    batchWindow: Duration.seconds(0),
    maxConcurrency: 50,
    maxReceiveCount: 12, // outlasts an outage of ten minutes: docs/scaling.md
    receivesPerMinuteMax: 12_000,
    alarms: "all",
    metricNamespace: `${metricNamespace}/prod`,
    stackPrefix: "EssentiallyOnce-prod-",
    rolePath: "/essentially-once/prod/",
    keepsData: true,
  },
} satisfies Record<string, Omit<Sizes, "tracing">>;

function readStage(given: unknown): StageName {
  if (typeof given === "string" && isStage(given)) return given;
  const allowed = Object.keys(stages).join(", ");
  throw new Error(`context "stage" must be one of ${allowed}, got ${JSON.stringify(given)}`);
}

function readTracing(node: Node): Sizes["tracing"] {
  const given = node.tryGetContext("tracing") ?? "off"; // in small traffic it would be most of the bill
  if (given === "off" || given === "active") return given;
  throw new Error(`context "tracing" must be one of off, active, got ${JSON.stringify(given)}`);
}

function readMoveEvidence(node: Node): Pick<Config, "moveEvidence"> {
  const given: unknown = node.tryGetContext("moveEvidence");
  if (given === undefined) return {};
  if (given === "pause" || given === "switch") return { moveEvidence: given };
  throw new Error(`context "moveEvidence" must be one of pause, switch, got ${JSON.stringify(given)}`);
}

function isStage(name: string): name is StageName {
  return Object.hasOwn(stages, name);
}

/** Production needs a receiver of its alarms, or `none`. */
function readAlarmReceiver(
  node: Node,
  stage: StageName,
): Pick<Config, "alarmTopicArn" | "alarmEmail" | "alarmReceiver"> {
  const alarmTopicArn = readText(
    node,
    "alarmTopicArn",
    /^arn:[^:]+:sns:[^:]+:\d{12}:[^:]+$/,
    "the ARN of an SNS topic",
  );
  const alarmEmail = readText(node, "alarmEmail", /^[^\s@]+@[^\s@]+$/, "an e-mail address");
  if (alarmTopicArn !== undefined && alarmEmail !== undefined) {
    throw new Error(
      'context "alarmTopicArn" and "alarmEmail" cannot be combined: subscribe the address to the topic',
    );
  }
  const nobody = readText(node, "alarmReceiver", /^none$/, "none");
  const isGiven = alarmTopicArn !== undefined || alarmEmail !== undefined;
  if (isGiven && nobody !== undefined) {
    throw new Error(
      'context "alarmReceiver" is none, and "alarmEmail" or "alarmTopicArn" names one: remove one of the two',
    );
  }
  if (stages[stage].keepsData && !isGiven && nobody === undefined) {
    throw new Error(
      `stage ${stage} has alarms without a receiver: set -c alarmEmail=you@example.com or ` +
        "-c alarmTopicArn=arn:aws:sns:..., or -c alarmReceiver=none if you watch them in another way",
    );
  }
  return {
    ...(nobody !== undefined && { alarmReceiver: "none" as const }),
    ...(alarmTopicArn !== undefined && { alarmTopicArn }),
    ...(alarmEmail !== undefined && { alarmEmail }),
  };
}

function readEncryptionKey(node: Node): Pick<Sizes, "encryptionKeyArn"> {
  const encryptionKeyArn = readText(
    node,
    "encryptionKeyArn",
    /^arn:aws[a-z-]*:kms:[a-z\d-]+:\d{12}:key\/[\w-]+$/,
    "the ARN of a KMS key, such as arn:aws:kms:eu-west-1:123456789012:key/ID (not an alias)",
  );
  return encryptionKeyArn === undefined ? {} : { encryptionKeyArn };
}

function readOperators(node: Node): Pick<Sizes, "operators"> {
  const operators = readPrincipals(node, "operators");
  return operators === undefined ? {} : { operators };
}

/**
 * Reads ARNs of roles and users, with commas between them; `*` and `?` stand for other characters.
 *
 * @throws Error when the setting is something else.
 */
export function readPrincipals(node: Node, setting: string): readonly string[] | undefined {
  const one = "arn:aws[a-z-]*:iam::\\d{12}:(root|(role|user)/[\\w+=.@*?/-]+)";
  return readText(
    node,
    setting,
    new RegExp(`^${one}(,${one})*$`),
    "comma-separated ARNs of roles or users, such as arn:aws:iam::123456789012:role/ops",
  )?.split(",");
}

/** A key encrypts in its own region only, so its deployment is there and nowhere else. */
function regionOf(keyArn: string): string {
  return Arn.split(keyArn, ArnFormat.SLASH_RESOURCE_NAME).region ?? "";
}

function readText(node: Node, setting: string, pattern: RegExp, allowed: string): string | undefined {
  const given: unknown = node.tryGetContext(setting);
  if (given === undefined || (typeof given === "string" && pattern.test(given))) return given;
  throw new Error(`context "${setting}" must be ${allowed}, got ${JSON.stringify(given)}`);
}
