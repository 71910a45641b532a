// Wrong values in resources that the kit's own app does not have.
export interface RawSubject {
  readonly type: string;
  /** Properties about which these rules say nothing. */
  readonly sound: Record<string, unknown>;
  readonly mutations: readonly (readonly [wrong: Record<string, unknown>, rule: string])[];
  readonly stage?: string;
}

const keyed = { BillingMode: "PAY_PER_REQUEST", KeySchema: [{ AttributeName: "id", KeyType: "HASH" }] };
const kept = {
  DeletionProtectionEnabled: true,
  PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
};

export const rawMutations: readonly RawSubject[] = [
  {
    type: "AWS::DynamoDB::Table",
    stage: "prod",
    sound: { ...keyed, ...kept },
    mutations: [
      [{ BillingMode: "PROVISIONED" }, "table-billing-mode"],
      [{ DeletionProtectionEnabled: false }, "table-deletion-protection-enabled"],
      [
        { PointInTimeRecoverySpecification: {} },
        "table-point-in-time-recovery-specification-point-in-time-recovery-enabled",
      ],
      [
        { TimeToLiveSpecification: { AttributeName: "a", Enabled: true } },
        "table-time-to-live-specification",
      ],
      [{ ResourcePolicy: { PolicyDocument: "all" } }, "table-unlisted-resource-policy-policy-document"],
    ],
  },
  {
    type: "AWS::Scheduler::Schedule",
    sound: { State: "ENABLED", FlexibleTimeWindow: { Mode: "OFF" } },
    mutations: [
      [{ State: "DISABLED" }, "schedule-state"],
      [{ EndDate: "2020-01-01T00:00:00Z" }, "schedule-end-date"],
      [{ StartDate: "2099-01-01T00:00:00Z" }, "schedule-start-date"],
      [{ FlexibleTimeWindow: { Mode: "FLEXIBLE" } }, "schedule-flexible-time-window-mode"],
      [{ NewProperty: 1 }, "schedule-unlisted-new-property"],
    ],
  },
  {
    type: "AWS::SNS::Topic",
    sound: {},
    mutations: [
      [{ FifoTopic: true }, "topic-fifo-topic"],
      [{ KmsMasterKeyId: "alias/aws/sns" }, "topic-kms-master-key-id"],
      [{ ArchivePolicy: "{}" }, "topic-unlisted-archive-policy"],
    ],
  },
  {
    type: "AWS::SNS::Subscription",
    sound: { Protocol: "email", Endpoint: "you@example.com", TopicArn: "arn" },
    mutations: [
      [{ FilterPolicy: { state: ["OK"] } }, "subscription-filter-policy"],
      [{ Region: "us-east-1" }, "subscription-unlisted-region"],
    ],
  },
  {
    type: "AWS::CloudWatch::CompositeAlarm",
    sound: { AlarmRule: "FALSE" },
    mutations: [[{ ActionsSuppressor: "always-on" }, "composite-alarm-unlisted-actions-suppressor"]],
  },
  {
    type: "AWS::Lambda::EventInvokeConfig",
    sound: { FunctionName: "sweep", Qualifier: "$LATEST" },
    mutations: [[{ NewProperty: 1 }, "invoke-unlisted-new-property"]],
  },
];
