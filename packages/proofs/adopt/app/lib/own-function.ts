import { Duration } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Runtime } from "aws-cdk-lib/aws-lambda";
import { NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

export class OwnFunction extends NodejsFunction {
  static readonly timeout = Duration.seconds(10);

  constructor(scope: Construct, id: string, entry: string) {
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    const logGroup = new LogGroup(scope, `${id}Log`);
    logGroup.grantWrite(role);
    super(scope, id, {
      entry,
      role,
      logGroup,
      runtime: Runtime.NODEJS_24_X,
      timeout: OwnFunction.timeout,
      memorySize: 512,
      bundling: { format: OutputFormat.ESM, mainFields: ["module", "main"], bundleAwsSDK: true },
    });
  }
}
