// Each rule has a stack that breaks it; and what a person reads who did.
import { type App, CfnCondition, CfnParameter, Fn, type Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";
import { describe, expect, test } from "vitest";
import { dedupWindow } from "../../src/rules/evidence-rules.ts";
import { flowRules } from "../../src/rules/wiring-rules.ts";
import { findingsOf, reportOf, type SoundWiring, soundWiring } from "./sound-wiring.ts";

type Break = (wiring: SoundWiring) => void;

const aKeyArn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";

/** Rule → what breaks it, and it alone. */
const breaks: Readonly<Record<string, Break | { readonly fifo: Break }>> = {
  "contract-told": change("service.Consumer.Environment.Variables.CONTRACT", undefined),
  "contract-name-once": add("Second", "AWS::Lambda::Function", {
    Environment: {
      Variables: {
        CONTRACT: '{"name":"settle","accepts":["returned"],"publishes":[]}',
        EVIDENCE_TABLE: { "Fn::ImportValue": "Evidence" },
      },
    },
  }),
  "contract-name-is-service": change(
    "service.Consumer.Environment.Variables.POWERTOOLS_SERVICE_NAME",
    "note-taker",
  ),
  "contract-routed": all(
    change("service.Publisher.Environment.Variables.REGISTRY_PATH", "/contracts"),
    change(
      "service.Consumer.Environment.Variables.CONTRACT",
      '{"name":"settle","accepts":["sold"],"publishes":["returned"]}',
    ),
  ),
  "evidence-own": ({ storage }) => {
    const Variables = {
      CONTRACT: '{"name":"other","accepts":[],"publishes":[]}',
      EVIDENCE_TABLE: { Ref: "Evidence" },
    };
    storage.Second = {
      type: "AWS::Lambda::Function",
      properties: { Role: { "Fn::GetAtt": ["Evidence", "Arn"] }, Environment: { Variables } },
    };
  },
  "visibility-timeout": change("service.Queue.VisibilityTimeout", 29),
  "max-receive-count": all(
    change("service.Queue.RedrivePolicy.maxReceiveCount", 4),
    ...["MAX_RECEIVE_COUNT", "QUEUE_URL", "DEAD_LETTER_QUEUE_URL"].map(
      (variable) => change(`service.Consumer.Environment.Variables.${variable}`, undefined), // not one of the kit's
    ),
  ),
  "source-allowed": change("service.Consumer.Environment.Variables.CONTRACT", contractText({ form: "sns" })),
  "source-named": filledBySns({ Condition: undefined }),
  "source-unsigned": all(
    filledBySns(),
    change("service.Consumer.Environment.Variables.CONTRACT", contractText()),
    change("service.Subscription.RawMessageDelivery", undefined),
  ),
  "source-form": all(filledBySns(), change("service.Subscription.RawMessageDelivery", undefined)),
  "source-undelivered": all(filledBySns(), change("service.Subscription.RedrivePolicy", undefined)),
  "source-key": all(filledBySns(), change("service.Queue.KmsMasterKeyId", "alias/aws/sqs")),
  "dead-letter-queue": change("service.Queue.RedrivePolicy", undefined),
  "dead-letter-kind": all(
    change("service.DeadLetters.FifoQueue", true),
    change("service.DeadLetters.DeduplicationScope", "messageGroup"),
    change("service.DeadLetters.FifoThroughputLimit", "perMessageGroupId"),
  ),
  "dead-letter-retention": change("service.DeadLetters.MessageRetentionPeriod", 1_000_000),
  "source-retention": change("service.Queue.MessageRetentionPeriod", 1_209_600),
  "redrive-allow-policy": change("service.DeadLetters.RedriveAllowPolicy.redrivePermission", "allowAll"),
  "mapping-known": change("service.Mapping.FunctionName", "elsewhere"),
  "mapping-enabled": change("service.Mapping.Enabled", false),
  "partial-batch-responses": change("service.Mapping.FunctionResponseTypes", undefined),
  "no-queue-filter": change("service.Mapping.FilterCriteria", { Filters: [] }),
  "max-concurrency": change("service.Mapping.ScalingConfig", undefined),
  "reserved-concurrency": change("service.Consumer.ReservedConcurrentExecutions", 1),
  "consumer-environment": change("service.Consumer.Environment.Variables.QUEUE_URL", { Ref: "DeadLetters" }),
  "fifo-name": { fifo: change("service.DeadLetters.QueueName", "no-suffix") },
  "fifo-throughput": { fifo: change("service.Queue.FifoThroughputLimit", "perQueue") },
  "fifo-deduplication": { fifo: change("service.Queue.ContentBasedDeduplication", true) },
  "fifo-batch": { fifo: change("service.Mapping.BatchSize", 11) },
  "receives-left": change("service.Queue.RedrivePolicy.maxReceiveCount", 999),
  "schedule-runs-once": change("service.SweepsOnce.MaximumRetryAttempts", undefined),
  "stream-position": change("service.OutboxMapping.StartingPosition", "LATEST"),
  "stream-retries": change("service.OutboxMapping.MaximumRetryAttempts", -1),
  "stream-record-age": change("service.OutboxMapping.MaximumRecordAgeInSeconds", undefined),
  "stream-bisect": change("service.OutboxMapping.BisectBatchOnFunctionError", undefined),
  "stream-failure-destination": change("service.InlineMapping.DestinationConfig", undefined),
  "stream-failure-retention": change("service.Failures.MessageRetentionPeriod", undefined),
  "outbox-own-rows": change("service.ConsumerPolicy.PolicyDocument.Statement.0.Condition", undefined),
  "outbox-one-batch": change("service.OutboxMapping.ParallelizationFactor", 2),
  "outbox-without-ttl": change("storage.Outbox.TimeToLiveSpecification", {
    AttributeName: "a",
    Enabled: true,
  }),
  "outbox-stream": change("storage.Outbox.StreamSpecification.StreamViewType", "KEYS_ONLY"),
  "inline-stream": change("storage.Inline.StreamSpecification.StreamViewType", "NEW_IMAGE"),
  "outbox-is-read": remove("OutboxMapping"),
  "outbox-is-swept": change("service.Schedule.State", "DISABLED"),
  "outbox-filter": change("service.InlineMapping.FilterCriteria", undefined),
  "last-try": change("service.Queue.MessageRetentionPeriod", 239),
  "limits-granted": all(
    change("service.Consumer.Environment.Variables.LIMITS", "carrier,bank"),
    grantLimits("limit#carrier#*"),
  ),
  "limits-own": all(
    change("service.Consumer.Environment.Variables.LIMITS", "carrier"),
    grantLimits("limit#carrier#*", "limit#bank#*"),
  ),
  "limits-window": all(
    change("service.Consumer.Environment.Variables.LIMITS", "carrier"),
    grantLimits("limit#carrier#*"),
    change("service.Mapping.MaximumBatchingWindowInSeconds", 1),
    change("service.Queue.VisibilityTimeout", 31),
  ),
  "evidence-expires": change("storage.Evidence.TimeToLiveSpecification.AttributeName", "processedAt"),
  "no-action-wildcard": change("service.ConsumerPolicy.PolicyDocument.Statement.0.Action", "dynamodb:*"),
  "no-resource-wildcard": change("service.ConsumerPolicy.PolicyDocument.Statement.0.Resource", "*"),
  "no-managed-policy": change("service.ConsumerRole.ManagedPolicyArns", [
    "arn:aws:iam::aws:policy/ReadOnlyAccess",
  ]),
  "tls-only": change("service.QueuePolicy.Queues", [{ Ref: "Queue" }, { Ref: "DeadLetters" }]),
  "no-anonymous-access": add("Open", "AWS::SQS::QueuePolicy", {
    Queues: [],
    PolicyDocument: {
      Statement: [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" }],
    },
  }),
  "environment-size": change("service.Consumer.Environment.Variables.NOTES", "x".repeat(4_000)),
  "no-other-account": add("Others", "AWS::SQS::QueuePolicy", {
    Queues: [],
    PolicyDocument: {
      Statement: [
        { Effect: "Allow", Principal: { AWS: "123456789012" }, Action: "sqs:SendMessage", Resource: "*" },
      ],
    },
  }),
  "resource-policy-actions": add("Wide", "AWS::SQS::QueuePolicy", {
    Queues: [],
    PolicyDocument: {
      Statement: [
        { Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:*", Resource: "*" },
      ],
    },
  }),
  "resource-policy-denies": add("Shut", "AWS::SQS::QueuePolicy", {
    Queues: [],
    PolicyDocument: {
      Statement: [{ Effect: "Deny", Principal: "*", Action: "sqs:SendMessage", Resource: "*" }],
    },
  }),
  "environment-override": change("service.Consumer.Environment.Variables.NODE_TLS_REJECT_UNAUTHORIZED", "0"),
  "one-system": all(
    change("service.Consumer.Environment.Variables.SIGNING_SECRET_ARN", "arn:of:one"),
    change("service.Sweeper.Environment.Variables.SIGNING_SECRET_ARN", "arn:of:another"),
  ),
  "sweeper-alarms": change("service.Sweeper.Environment.Variables.REGISTRY_PATH", "/contracts"),
  "queue-encryption": change("service.Failures.SqsManagedSseEnabled", undefined),
  "customer-key": change("service.Failures.KmsMasterKeyId", aKeyArn),
  "key-through-service": change("service.ConsumerPolicy.PolicyDocument.Statement.0", {
    Effect: "Allow",
    Action: "kms:Decrypt",
    Resource: aKeyArn,
    Condition: { StringLike: { "kms:ViaService": "*" } },
  }),
  "function-url-signed": add("Url", "AWS::Lambda::Url", { TargetFunctionArn: "x", AuthType: "NONE" }),
  "nested-stack": add("Nested", "AWS::CloudFormation::Stack", {
    TemplateURL: "https://example.com/template.json",
  }),
  "service-name": all(
    change("service.Consumer.Environment.Variables.POWERTOOLS_SERVICE_NAME", "settle"),
    change("service.Sweeper.Environment.Variables.POWERTOOLS_SERVICE_NAME", "settle"),
  ),
  "dead-letter-alarm": change("service.DeadLetterAlarm.Threshold", 1),
  "message-age-alarm": remove("AgeAlarm"),
  "stream-age-alarm": change("service.StreamAlarm.ActionsEnabled", false),
  "stream-failure-alarm": change("service.FailureAlarm.Statistic", "Average"),
};

describe.each([{ fifo: false }, { fifo: true }])("a sound app, %o", (kind) => {
  test("synthesizes", () => {
    expect(reportOf(soundWiring(kind))).toBe("");
  });
});

/** Below, in bundle-rules.test.ts, and in mutations.test.ts, for production. */
const provedElsewhere = ["dedup-window", "function-loads", "example-address", "waiting-alarm"];

test.each(flowRules.map(({ id }) => id).filter((id) => !provedElsewhere.includes(id)))(
  "%s fails the synthesis of a stack that breaks it",
  (id) => {
    const breaking = breaks[id];
    if (breaking === undefined) throw new Error(`no stack breaks ${id}`);
    const isFifo = typeof breaking !== "function";
    const wiring = soundWiring({ fifo: isFifo });
    (isFifo ? breaking.fifo : breaking)(wiring);
    expect([...new Set(findingsOf(wiring))]).toEqual([id]);
  },
);

test("G2, G7: a window shorter than the life of a message fails", () => {
  expect(findingsOf(soundWiring(), [dedupWindow(36)])).toEqual([]);
  expect(findingsOf(soundWiring(), [dedupWindow(35)])).toEqual(["dedup-window"]);
});

test("stacks in a stage are read like others", () => {
  const wiring = soundWiring();
  expect(reportOf(wiring, { stage: "Prod" })).toBe("");
  change("service.Queue.VisibilityTimeout", 29)(wiring);
  expect(reportOf(wiring, { stage: "Prod" })).toContain("Prod/Service/Queue");
});

describe("what the templates do not say", () => {
  test("is no proof: a value that only the deployment knows", () => {
    const wiring = soundWiring();
    change("service.Queue.VisibilityTimeout", { Ref: "Visibility" })(wiring);
    const parameter = (props: object) => (app: App) =>
      void new CfnParameter(app.node.findChild("Service") as Stack, "Visibility", {
        type: "Number",
        ...props,
      });
    expect(reportOf(wiring, { prepare: parameter({}) })).toContain("Wiring::visibility-timeout");
    expect(reportOf(wiring, { prepare: parameter({ default: 30 }) })).toBe("");
    expect(reportOf(wiring, { prepare: parameter({ default: 29 }) })).toContain("Wiring::visibility-timeout");
  });

  test.each([
    ["service.ConsumerPolicy.PolicyDocument.Statement.0", "no-action-wildcard"],
    ["service.Queue.ContentBasedDeduplication", "fifo-deduplication"],
    ["service.Mapping.Enabled", "mapping-enabled"],
    ["service.DeadLetterAlarm.ActionsEnabled", "dead-letter-alarm"],
  ])("is no proof: a condition at %s", (path, rule) => {
    const wiring = soundWiring({ fifo: true });
    change(path, { "Fn::If": ["Maybe", true, false] })(wiring);
    const condition = (app: App) =>
      void new CfnCondition(app.node.findChild("Service") as Stack, "Maybe", {
        expression: Fn.conditionEquals("a", "a"),
      });
    expect(reportOf(wiring, { prepare: condition })).toContain(`Wiring::${rule}`);
  });

  test("means CloudFormation's default: a queue without a visibility timeout has 30 seconds", () => {
    const wiring = soundWiring();
    change("service.Queue.VisibilityTimeout", undefined)(wiring);
    expect(findingsOf(wiring)).toEqual([]);
    change("service.Consumer.Timeout", 6)(wiring);
    expect(findingsOf(wiring)).toEqual(["visibility-timeout"]);
  });

  test("a function behind an alias is found", () => {
    const wiring = soundWiring();
    add("Live", "AWS::Lambda::Alias", { FunctionName: { Ref: "Consumer" } })(wiring);
    change("service.Mapping.FunctionName", { Ref: "Live" })(wiring);
    change("service.Consumer.Timeout", 6)(wiring);
    expect(findingsOf(wiring)).toEqual(["visibility-timeout"]);
  });
});

test("G6, G7: a queue that a rule fills, with a key whose policy lets EventBridge in", () => {
  const wiring = soundWiring();
  const Condition = { ArnEquals: { "aws:SourceArn": { "Fn::GetAtt": ["Rule", "Arn"] } } };
  all(
    filledBySns({ Principal: { Service: "events.amazonaws.com" }, Condition }),
    remove("Subscription"),
    change("service.Consumer.Environment.Variables.CONTRACT", contractText({ form: "event-bridge" })),
    add("Rule", "AWS::Events::Rule", { Targets: [{ Id: "Queue", Arn: { "Fn::GetAtt": ["Queue", "Arn"] } }] }),
  )(wiring);
  expect(findingsOf(wiring)).toEqual(["source-undelivered"]);
  const Arn = { "Fn::GetAtt": ["DeadLetters", "Arn"] };
  change("service.Rule.Targets.0.DeadLetterConfig", { Arn })(wiring);
  expect(findingsOf(wiring)).toEqual([]);
  const ofAnother = structuredClone(wiring);
  change("service.Queue.KmsMasterKeyId", aKeyArn)(ofAnother);
  expect(findingsOf(ofAnother)).toContain("source-key");
  change("service.Queue.KmsMasterKeyId", { "Fn::GetAtt": ["Key", "Arn"] })(wiring);
  add("Key", "AWS::KMS::Key", { KeyPolicy: { Statement: [] } })(wiring);
  expect(findingsOf(wiring)).toContain("source-key");
  const Action = ["kms:GenerateDataKey*", "kms:Decrypt"];
  const Statement = [
    { Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action, Resource: "*" },
  ];
  change("service.Key.KeyPolicy.Statement", Statement)(wiring);
  expect(findingsOf(wiring)).not.toContain("source-key");
});

test.each(["UpdateItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate"])(
  "G7: a role that may write rows of the outbox by %s may write its own only",
  (action) => {
    const wiring = soundWiring();
    change("service.ConsumerPolicy.PolicyDocument.Statement.0.Action", `dynamodb:${action}`)(wiring);
    expect(findingsOf(wiring)).not.toContain("outbox-own-rows");
    change("service.ConsumerPolicy.PolicyDocument.Statement.0.Condition", undefined)(wiring);
    expect(findingsOf(wiring)).toContain("outbox-own-rows");
  },
);

test("a role that may write evidence its functions are not told of is that of a thief of another service", () => {
  const wiring = soundWiring();
  const Statement = [
    { Effect: "Allow", Action: "dynamodb:PutItem", Resource: { "Fn::ImportValue": "EvidenceArn" } },
  ];
  add("Forges", "AWS::IAM::Policy", { Roles: [{ Ref: "SweeperRole" }], PolicyDocument: { Statement } })(
    wiring,
  );
  expect(findingsOf(wiring)).toEqual(["evidence-own"]);
  change("service.Forges.Roles", [{ Ref: "ConsumerRole" }])(wiring);
  expect(findingsOf(wiring)).toEqual([]);
});

describe("a finding", () => {
  const wiring = soundWiring();
  change("service.Queue.VisibilityTimeout", 29)(wiring);

  test("says where, what, why, what would be right, and how to accept it, in few lines", () => {
    const [finding = ""] = reportOf(wiring).split("\n\n");
    const lines = finding.split("\n").filter((line) => !/^file:|^\S+\.ts:\d/.test(line));
    expect(lines).toEqual([
      "ERROR VisibilityTimeout is 29: the visibility timeout must be at least 6 times the function's timeout plus the batching window, or a second copy runs beside the first (Wiring)",
      "   Service/Queue (Queue) aws-cdk-lib.CfnResource",
      "   Suggested fix: at least 30 seconds, because the timeout of Service/Consumer is 5",
      "   Acknowledge with 'Wiring::visibility-timeout'",
    ]);
  });

  test.each(["Service/Queue", "Service"])("is accepted with a reason at %s", (path) => {
    expect(reportOf(wiring, { prepare: acknowledging(path, "Wiring::visibility-timeout") })).toBe("");
  });

  test("is not accepted by another rule's acknowledgement, or by one elsewhere", () => {
    expect(
      reportOf(wiring, { prepare: acknowledging("Service/Queue", "Wiring::max-receive-count") }),
    ).not.toBe("");
    expect(reportOf(wiring, { prepare: acknowledging("Storage", "Wiring::visibility-timeout") })).not.toBe(
      "",
    );
  });
});

test("each rule has an id of its own and a stack that breaks it", () => {
  expect(flowRules.map(({ id }) => id).sort()).toEqual([...Object.keys(breaks), ...provedElsewhere].sort());
});

function acknowledging(path: string, id: string) {
  return (app: App) => {
    let target: IConstruct = app;
    for (const child of path.split("/")) target = target.node.findChild(child);
    Validations.of(target).acknowledge({ id, reason: "a test accepts it" });
  };
}

function contractText(from?: { readonly form: string; readonly raw?: boolean }): string {
  return JSON.stringify({ name: "settle", accepts: ["sold"], publishes: [], from });
}

/** A topic of another app, with raw delivery, as the contract says. */
function filledBySns(changes: Readonly<Record<string, unknown>> = {}): Break {
  const TopicArn = "arn:aws:sns:eu-west-1:123456789012:sales";
  const statement = {
    Effect: "Allow",
    Principal: { Service: "sns.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: "*",
    Condition: { ArnEquals: { "aws:SourceArn": TopicArn } },
    ...changes,
  };
  const deadLetterTargetArn = { "Fn::GetAtt": ["DeadLetters", "Arn"] };
  return all(
    change("service.Consumer.Environment.Variables.CONTRACT", contractText({ form: "sns", raw: true })),
    add("FromTopic", "AWS::SQS::QueuePolicy", {
      Queues: [{ Ref: "Queue" }],
      PolicyDocument: { Statement: [statement] },
    }),
    add("Subscription", "AWS::SNS::Subscription", {
      TopicArn,
      Protocol: "sqs",
      Endpoint: { "Fn::GetAtt": ["Queue", "Arn"] },
      RawMessageDelivery: true,
      RedrivePolicy: { deadLetterTargetArn },
    }),
  );
}

/** At `storage.Table.Property.below`; undefined removes. */
function change(path: string, value: unknown): Break {
  return ({ storage, service }) => {
    const [stack, resource = "", ...keys] = path.split(".");
    let target = (stack === "storage" ? storage : service)[resource]?.properties as Record<string, unknown>;
    for (const key of keys.slice(0, -1)) target = target[key] as Record<string, unknown>;
    target[keys.at(-1) ?? ""] = value;
  };
}

function all(...changes: readonly Break[]): Break {
  return (wiring) => {
    for (const each of changes) each(wiring);
  };
}

function grantLimits(...ids: readonly string[]): Break {
  const statement = {
    Effect: "Allow",
    Action: "dynamodb:UpdateItem",
    Resource: { "Fn::ImportValue": "EvidenceArn" },
    Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ids } },
  };
  return add("LimitsPolicy", "AWS::IAM::Policy", {
    Roles: [{ Ref: "ConsumerRole" }],
    PolicyName: "limits",
    PolicyDocument: { Statement: [statement] },
  });
}

function remove(resource: string): Break {
  return ({ service }) => void delete service[resource];
}

function add(resource: string, type: string, properties: Record<string, unknown>): Break {
  return ({ service }) => {
    service[resource] = { type, properties };
  };
}
