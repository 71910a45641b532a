// Queues, tables, logs, objects and secrets.
import { absent, type Subject } from "../subject.ts";

export const storageMutations: readonly Subject[] = [
  {
    name: "any queue",
    alike: true,
    is: ({ Type }) => Type === "AWS::SQS::Queue",
    mutations: [
      ["DelaySeconds", 900, "queue-delay-seconds"],
      ["MaximumMessageSize", 1_024, "queue-maximum-message-size"],
      ["MessageRetentionPeriod", 60, "queue-message-retention-period"],
      ["KmsDataKeyReusePeriodSeconds", 30, "queue-kms-data-key-reuse-period-seconds"],
      ["NewAttributeOfSqs", "on", "queue-unlisted-new-attribute-of-sqs"],
      ["@DeletionPolicy", "Delete", "kept-when-deleted"],
      ["@UpdateReplacePolicy", "Delete", "kept-when-deleted"],
    ],
  },
  {
    name: "consumed queue, and how long it hides",
    alike: true,
    is: ({ Type, Properties = {} }) => Type === "AWS::SQS::Queue" && "RedrivePolicy" in Properties,
    mutations: [["VisibilityTimeout", 43_200, "visibility-timeout"]],
  },
  {
    name: "any table",
    alike: true,
    is: ({ Type }) => Type === "AWS::DynamoDB::GlobalTable",
    mutations: [
      ["BillingMode", "PROVISIONED", "table-billing-mode"],
      ["BillingMode", absent, "table-billing-mode"],
      ["Replicas", [{ Region: "eu-west-1" }, { Region: "us-east-1" }], "table-replicas"],
      ["Replicas.0.DeletionProtectionEnabled", false, "table-replicas-deletion-protection-enabled"],
      [
        "Replicas.0.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled",
        false,
        "table-replicas-point-in-time-recovery-specification-point-in-time-recovery-enabled",
      ],
      [
        "Replicas.0.ResourcePolicy.PolicyDocument",
        {},
        "table-unlisted-replicas-resource-policy-policy-document",
      ],
      [
        "Replicas.0.KinesisStreamSpecification.StreamArn",
        "arn:x",
        "table-unlisted-replicas-kinesis-stream-specification-stream-arn",
      ],
      [
        "WriteOnDemandThroughputSettings.MaxWriteRequestUnits",
        1,
        "table-unlisted-write-on-demand-throughput-settings-max-write-request-units",
      ],
      ["MultiRegionConsistency", "EVENTUAL", "table-unlisted-multi-region-consistency"],
      ["@DeletionPolicy", "Delete", "kept-when-deleted"],
      ["@UpdateReplacePolicy", absent, "kept-when-deleted"],
      ["@Condition", "Maybe", "not-by-condition"],
    ],
  },
  {
    name: "journal and evidence table",
    is: ({ Type }, logicalId) =>
      Type === "AWS::DynamoDB::GlobalTable" && /^(Journal|Evidence)/.test(logicalId),
    mutations: [
      ["KeySchema", [{ AttributeName: "key", KeyType: "HASH" }], "table-key-schema"],
      ["GlobalSecondaryIndexes", [{ IndexName: "byTime" }], "table-global-secondary-indexes"],
      ["LocalSecondaryIndexes", [{ IndexName: "byTime" }], "table-local-secondary-indexes"],
    ],
  },
  {
    name: "journal and the tables of services",
    alike: true,
    is: ({ Type }, logicalId) => Type === "AWS::DynamoDB::GlobalTable" && /^(Journal|Table)/.test(logicalId),
    mutations: [
      [
        "TimeToLiveSpecification",
        { AttributeName: "expiresAt", Enabled: true },
        "table-time-to-live-specification",
      ],
    ],
  },
  {
    name: "log",
    alike: true,
    is: ({ Type }) => Type === "AWS::Logs::LogGroup",
    mutations: [
      ["RetentionInDays", 1, "log-group-retention-in-days"],
      ["LogGroupClass", "INFREQUENT_ACCESS", "log-group-log-group-class"],
      ["DataProtectionPolicy", { Name: "mask" }, "log-group-unlisted-data-protection-policy-name"],
    ],
  },
  {
    name: "claim-check bucket",
    is: ({ Type }) => Type === "AWS::S3::Bucket",
    mutations: [
      [
        "PublicAccessBlockConfiguration.BlockPublicAcls",
        false,
        "bucket-public-access-block-configuration-block-public-acls",
      ],
      [
        "PublicAccessBlockConfiguration.BlockPublicPolicy",
        false,
        "bucket-public-access-block-configuration-block-public-policy",
      ],
      [
        "PublicAccessBlockConfiguration.IgnorePublicAcls",
        absent,
        "bucket-public-access-block-configuration-ignore-public-acls",
      ],
      [
        "PublicAccessBlockConfiguration",
        absent,
        "bucket-public-access-block-configuration-restrict-public-buckets",
      ],
      ...[
        [{ Status: "Enabled", Prefix: "claims/", ExpirationInDays: 1 }],
        [{ Status: "Enabled", ExpirationInDays: 90 }],
        [{ Status: "Enabled", Prefix: "kept/", ExpirationInDays: 3_650 }],
        [{ Status: "Enabled", Prefix: "claims/", ExpirationDate: "2027-01-01T00:00:00Z" }],
        [{ Status: "Enabled", Transitions: [{ StorageClass: "DEEP_ARCHIVE", TransitionInDays: 1 }] }],
      ].map(
        (rules) => ["LifecycleConfiguration.Rules", rules, "bucket-lifecycle-configuration-rules"] as const,
      ),
      ["AccessControl", "PublicRead", "bucket-access-control"],
      [
        "WebsiteConfiguration.IndexDocument",
        "index.html",
        "bucket-unlisted-website-configuration-index-document",
      ],
      ["ReplicationConfiguration.Role", "arn:x", "bucket-unlisted-replication-configuration-role"],
      ["@DeletionPolicy", "Delete", "kept-when-deleted"],
    ],
  },
  {
    name: "secret of the signing keys",
    is: ({ Type }) => Type === "AWS::SecretsManager::Secret",
    mutations: [
      ["SecretString", '{"current":"k1","k1":"x"}', "secret-secret-string"],
      ["ReplicaRegions", [{ Region: "us-east-1" }], "secret-replica-regions"],
      [
        "GenerateSecretString.ExcludeCharacters",
        "abcdef",
        "secret-unlisted-generate-secret-string-exclude-characters",
      ],
      ["GenerateSecretString.PasswordLength", 8, "secret-generate-secret-string-password-length"],
      ["GenerateSecretString.ExcludeNumbers", true, "secret-generate-secret-string-exclude-numbers"],
      ["GenerateSecretString.ExcludeLowercase", true, "secret-generate-secret-string-exclude-lowercase"],
      ["GenerateSecretString.ExcludeUppercase", true, "secret-generate-secret-string-exclude-uppercase"],
      ["GenerateSecretString.GenerateStringKey", "key", "secret-generate-secret-string-generate-string-key"],
      [
        "GenerateSecretString.SecretStringTemplate",
        "{}",
        "secret-generate-secret-string-secret-string-template",
      ],
      ["@DeletionPolicy", "Delete", "kept-when-deleted"],
    ],
  },
  {
    name: "rotation of the signing keys",
    is: ({ Type }) => Type === "AWS::SecretsManager::RotationSchedule",
    mutations: [
      ["RotationRules.AutomaticallyAfterDays", 1_000, "rotation-rotation-rules-automatically-after-days"],
      ["RotationRules.AutomaticallyAfterDays", absent, "rotation-rotation-rules-automatically-after-days"],
      [
        "RotationRules.ScheduleExpression",
        "rate(1000 days)",
        "rotation-unlisted-rotation-rules-schedule-expression",
      ],
      ["RotationLambdaARN", "arn:of:another", "rotation-rotation-lambda-arn"],
      ["SecretId", "another", "rotation-secret-id"],
      ["@Condition", "Maybe", "not-by-condition"],
    ],
  },
];
