// Functions, their mappings, and what they are told.
import { absent, type Subject } from "../subject.ts";

const hasVariable = (name: string) => (resource: { Type: string; Properties?: Record<string, unknown> }) =>
  resource.Type === "AWS::Lambda::Function" && JSON.stringify(resource.Properties).includes(`"${name}"`);

/** Of the stack Second, which the alarms import. */
const evidenceOfAnother = {
  "Fn::ImportValue": "EssentiallyOnce-prod-Second:ExportsOutputRefEvidence4CC26D68749B0E12",
};

export const functionMutations: readonly Subject[] = [
  {
    name: "any function",
    alike: true,
    is: ({ Type }) => Type === "AWS::Lambda::Function",
    mutations: [
      ["Runtime", "nodejs18.x", "function-runtime"],
      ["Runtime", "python3.14", "function-runtime"],
      ["MemorySize", 128, "function-memory-size"],
      ["MemorySize", absent, "function-memory-size"],
      ["Timeout", 1, "function-timeout"],
      ["ReservedConcurrentExecutions", 0, "function-reserved-concurrent-executions"],
      ["PackageType", "Image", "function-package-type"],
      ["RecursiveLoop", "Allow", "function-recursive-loop"],
      ["LoggingConfig.LogGroup", "/aws/lambda/other", "function-logging-config-log-group"],
      ["LoggingConfig.LogFormat", "JSON", "function-logging-config-log-format"],
      [
        "LoggingConfig.ApplicationLogLevel",
        "FATAL",
        "function-unlisted-logging-config-application-log-level",
      ],
      ["Role", "arn:aws:iam::123456789012:role/Admin", "function-role"],
      ["VpcConfig", { SubnetIds: ["subnet-1"] }, "function-vpc-config"],
      ["Layers", ["arn:aws:lambda:eu-west-1:123456789012:layer:wrap:1"], "function-layers"],
      ["Code.ZipFile", "exports.handler = async () => {}", "function-code-zip-file"],
      [
        "Code.ImageUri",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image",
        "function-unlisted-code-image-uri",
      ],
      ["KmsKeyArn", "arn:aws:kms:eu-west-1:123456789012:key/1", "function-kms-key-arn"],
      ["TracingConfig.Mode", "Sometimes", "function-tracing-config-mode"],
      ["SnapStart.ApplyOn", "PublishedVersions", "function-unlisted-snap-start-apply-on"],
      ["FileSystemConfigs", [{ Arn: "arn:of:a:disk" }], "function-unlisted-file-system-configs-arn"],
      [
        "RuntimeManagementConfig.UpdateRuntimeOn",
        "Manual",
        "function-unlisted-runtime-management-config-update-runtime-on",
      ],
      ["Environment.Variables.NODE_OPTIONS", "--require=/opt/x.js", "environment-override"],
      ["Environment.Variables.AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:4566", "environment-override"],
      ["Environment.Variables.AWS_MAX_ATTEMPTS", "1", "environment-override"],
      ["Environment.Variables.AWS_LAMBDA_EXEC_WRAPPER", "/opt/wrap", "environment-override"],
      ["Environment.Variables.HTTPS_PROXY", "http://proxy.corp:3128", "environment-override"],
      ["Environment.Variables.POWERTOOLS_METRICS_DISABLED", "true", "environment-override"],
      ["Environment.Variables.CARRIER_URL", "https://carrier.example.com", "example-address"],
      ["Environment.Variables.CARRIER_URL", "http://localhost:3000", "example-address"],
      ["@Condition", "Maybe", "not-by-condition"],
    ],
  },
  {
    name: "function with evidence",
    alike: true,
    is: hasVariable("EVIDENCE_TABLE"),
    mutations: [
      ["Environment.Variables.EVIDENCE_TABLE", "a-table-elsewhere", "named-resource"],
      ["Environment.Variables.EVIDENCE_TABLE", evidenceOfAnother, "evidence-own"],
    ],
  },
  {
    name: "function of a consumer, and its keys",
    is: hasVariable("DEAD_LETTER_QUEUE_URL"),
    mutations: [
      ["Environment.Variables.DEAD_LETTER_QUEUE_URL", absent, "consumer-environment"],
      ["Environment.Variables.QUEUE_URL", absent, "consumer-environment"],
      ["Environment.Variables.MAX_RECEIVE_COUNT", absent, "consumer-environment"],
      ["Environment.Variables.MAX_RECEIVE_COUNT", "none", "consumer-environment"],
    ],
  },
  {
    name: "function that signs or verifies",
    alike: true,
    is: hasVariable("SIGNING_SECRET_ARN"),
    mutations: [
      [
        "Environment.Variables.SIGNING_SECRET_ARN",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x",
        "one-system",
      ],
      [
        "Environment.Variables.SIGNING_SECRET_ARN",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x",
        "named-resource",
      ],
    ],
  },
  {
    name: "publisher and sweeper",
    is: hasVariable("REGISTRY_PATH"),
    mutations: [
      ["Environment.Variables.REGISTRY_PATH", "/elsewhere", "registry-path"],
      ["Environment.Variables.REGISTRY_PATH", "/elsewhere", "registry-read"],
      ["Environment.Variables.JOURNAL_TABLE", "a-table-elsewhere", "journal-is-written"],
    ],
  },
  {
    name: "mapping of a stream, and time",
    is: ({ Type, Properties = {} }) =>
      Type === "AWS::Lambda::EventSourceMapping" && "StartingPosition" in Properties,
    mutations: [
      ["MaximumBatchingWindowInSeconds", 60, "mapping-maximum-batching-window-in-seconds"],
      ["ParallelizationFactor", 10, "mapping-parallelization-factor"],
      ["TumblingWindowInSeconds", 900, "mapping-tumbling-window-in-seconds"],
      ["StartingPositionTimestamp", 1_800_000_000, "mapping-starting-position-timestamp"],
      ["BatchSize", 10_000, "mapping-batch-size"],
      ["MaximumRecordAgeInSeconds", 60, "stream-record-age"],
      [
        "DestinationConfig.OnFailure.Destination",
        "arn:aws:sqs:eu-west-1:123456789012:gone",
        "stream-failure-destination",
      ],
      [
        "ProvisionedPollerConfig.MaximumPollers",
        2,
        "mapping-unlisted-provisioned-poller-config-maximum-pollers",
      ],
    ],
  },
  {
    name: "function URL, and who may call it",
    is: ({ Type }) => Type === "AWS::Lambda::Url",
    mutations: [
      ["InvokeMode", "RESPONSE_STREAM", "url-invoke-mode"],
      ["Cors", { AllowOrigins: ["*"] }, "url-cors"],
      ["Qualifier", "live", "url-unlisted-qualifier"],
    ],
  },
];
