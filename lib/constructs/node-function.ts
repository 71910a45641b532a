// A Lambda function of `functions/`: its bundle, its log and its role. The role may do nothing but write that log
// until somebody grants it more, action by action.
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { requireDuration, requireWholeNumber } from "../bounds.ts";
import { bundle } from "./bundle.ts";

export interface NodeFunctionOptions {
  /** The file below `functions/` that exports `handler`: `orders/place-order.ts`. */
  readonly entry: string;
  readonly functionTimeout: Duration;
  readonly functionMemoryMegabytes: number;
  readonly logRetention: RetentionDays;
  /** The log outlives the stack, until its retention ends. */
  readonly keepsData: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

export class NodeFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, options: NodeFunctionOptions) {
    const { entry, functionTimeout, functionMemoryMegabytes, environment } = resolve(options);
    // A role of our own: the default one carries a managed policy that may write every log of the account.
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    super(scope, id, {
      code: bundle(entry),
      handler: "index.handler",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: functionTimeout,
      memorySize: functionMemoryMegabytes,
      environment: { NODE_OPTIONS: "--enable-source-maps", ...environment },
      role,
      logGroup: logGroup(scope, `${id}Logs`, role, options),
    });
  }
}

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
  const { functionTimeout, functionMemoryMegabytes, environment = {} } = options;
  // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  requireDuration("functionTimeout", functionTimeout, {
    min: Duration.seconds(1),
    max: Duration.minutes(15),
  });
  requireWholeNumber("functionMemoryMegabytes", functionMemoryMegabytes, { min: 128, max: 10_240 });
  return { ...options, environment };
}
