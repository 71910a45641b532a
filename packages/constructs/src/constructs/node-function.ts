// A Lambda function of `functions/`: its bundle, its log and its role. The role may only write that log, until other
// constructs grant it more, action by action.
import { basename } from "node:path";
import { type Contract, contractText, contractVariable } from "@essentially-once/messaging/contract";
import { Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Function as LambdaFunction, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { requireDuration, requireWholeNumber } from "../config/bounds.ts";
import { bundle } from "./bundle.ts";
import { pathOfRoles, type RoleFolder } from "./queue-senders.ts";

export interface NodeFunctionOptions {
  /** The file below `functions/` that exports `handler`: `orders/place-order.ts`. */
  readonly entry: string;
  /** What its handler is built on; absent for the relay's functions, which have none. */
  readonly contract?: Contract | undefined;
  /** Under which it logs and counts, for one without a contract whose file others have, too. */
  readonly service?: string;
  readonly functionTimeout: Duration;
  readonly functionMemoryMegabytes: number;
  readonly logRetention: RetentionDays;
  /** The log outlives the stack, until its retention ends. */
  readonly keepsData: boolean;
  /** Active tells X-Ray of invocations and links the hops of a trace; off unless given. */
  readonly tracing?: "off" | "active";
  /** Where the function counts what it does. */
  readonly metricNamespace: string;
  /** Where the stage has its roles, and below it the folder of this one: by it, the policies of queues know the relay. */
  readonly rolePath: string;
  readonly roleFolder?: RoleFolder;
  readonly environment?: Readonly<Record<string, string>>;
}

export class NodeFunction extends LambdaFunction {
  /** The name under which it logs and counts, and keeps its evidence: its contract's, or else that of its file. */
  readonly service: string;
  readonly roleArn: string;
  readonly contract: Contract | undefined;

  constructor(scope: Construct, id: string, options: NodeFunctionOptions) {
    const {
      entry,
      contract,
      service,
      functionTimeout,
      functionMemoryMegabytes,
      tracing,
      metricNamespace,
      rolePath,
      roleFolder,
      environment,
    } = resolve(options);
    // A role of our own: the default one carries a managed policy that may write every log of the account.
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      path: pathOfRoles({ rolePath }, roleFolder),
    });
    super(scope, id, {
      code: bundle(entry),
      handler: "index.handler",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: functionTimeout,
      memorySize: functionMemoryMegabytes,
      environment: {
        NODE_OPTIONS: "--enable-source-maps",
        ...(contract && { [contractVariable]: contractText(contract) }),
        POWERTOOLS_SERVICE_NAME: service,
        POWERTOOLS_METRICS_NAMESPACE: metricNamespace,
        ...(tracing === "active" && tracerVariables),
        ...environment,
      },
      role,
      logGroup: logGroup(scope, `${id}Logs`, role, options),
      ...(tracing === "active" && { tracing: Tracing.ACTIVE }),
    });
    this.service = service;
    this.contract = contract;
    this.roleArn = role.roleArn;
    Validations.of(this).acknowledge({
      id: "Serverless::Serverless-LambdaDLQ",
      reason:
        "Queues have dead-letter queues, streams a failure queue, callers of a URL a response, and the next run " +
        "of a schedule does the work of a failed one.",
    });
    Validations.of(this).acknowledge({
      id: "Serverless::Serverless-LambdaAsyncFailureDestination",
      reason:
        "A scheduled function runs again on its schedule; its failures are logged, counted and have an alarm.",
    });
    if (tracing === "active") {
      Validations.of(role).acknowledge({
        id: "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
        reason: "The two X-Ray actions do not support resources.",
      });
    } else {
      Validations.of(this).acknowledge({
        id: "Serverless::Serverless-LambdaTracing",
        reason:
          "Messages carry traceparent, and logs the ids. X-Ray costs money for each trace: turn it on with -c tracing=active.",
      });
    }
  }
}

/** For a function on a schedule, whose next tick does what this one did not: no event is run again, or waits for hours. */
export const withoutAsyncRetries = { retryAttempts: 0, maxEventAge: Duration.minutes(1) } as const;

/** Loads Powertools' Tracer where it is used; whatever Tracer is made, X-Ray hears no text of errors, no answer, no path. */
const tracerVariables = {
  POWERTOOLS_TRACE_ENABLED: "true",
  POWERTOOLS_TRACER_CAPTURE_ERROR: "false",
  POWERTOOLS_TRACER_CAPTURE_RESPONSE: "false",
  POWERTOOLS_TRACER_CAPTURE_HTTPS_REQUESTS: "false",
};

/** The retention is set on the group itself: the function's own option would add a custom resource. */
function logGroup(scope: Construct, id: string, writer: Role, options: NodeFunctionOptions): LogGroup {
  const group = new LogGroup(scope, id, {
    retention: options.logRetention,
    removalPolicy: options.keepsData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
  });
  group.grantWrite(writer);
  return group;
}

function resolve(options: NodeFunctionOptions): Required<NodeFunctionOptions> {
  const {
    contract,
    service = contract?.name ?? basename(options.entry, ".ts"),
    functionTimeout,
    functionMemoryMegabytes,
    tracing = "off",
    roleFolder = "service",
    environment = {},
  } = options;
  // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  requireDuration("functionTimeout", functionTimeout, {
    min: Duration.seconds(1),
    max: Duration.minutes(15),
  });
  requireWholeNumber("functionMemoryMegabytes", functionMemoryMegabytes, { min: 128, max: 10_240 });
  return { ...options, contract, service, tracing, roleFolder, environment };
}
