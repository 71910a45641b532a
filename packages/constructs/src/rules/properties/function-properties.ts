// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
import { free, never, oneOf, type PropertyTable, references, within } from "./property-rules.ts";

export const functionProperties: PropertyTable = {
  kind: "function",
  types: ["AWS::Lambda::Function"],
  properties: [
    oneOf("Runtime", ["nodejs24.x"], "the kit is tested on Node 24, and AWS retires older runtimes"),
    within(
      "MemorySize",
      { min: 256, max: 32_768, absent: 128 },
      "ten messages of 1 MB do not fit, and the process is killed each time",
    ),
    within("Timeout", { min: 3, max: 900, absent: 3 }, "a batch cannot commit before the timeout"),
    within(
      "ReservedConcurrentExecutions",
      { min: 1, max: 100_000, absent: 1 },
      "a function without concurrency never runs, and its messages expire",
    ),
    oneOf("PackageType", [undefined, "Zip"], "the rules cannot check an image"),
    oneOf("RecursiveLoop", [undefined, "Terminate"], "Lambda would not stop a loop of messages"),
    references(
      "LoggingConfig.LogGroup",
      ["AWS::Logs::LogGroup"],
      "the role has no permission for this log group, so the log stays empty",
    ),
    oneOf(
      "LoggingConfig.LogFormat",
      [undefined, "Text"],
      "Lambda wraps each line in JSON, so CloudWatch extracts no metrics and alarms never fire",
    ),
    references("Role", ["AWS::IAM::Role"], "the rules cannot check a role outside this app"),
    never("VpcConfig", "in a VPC the function reaches no AWS service without an endpoint for it"),
    never("Layers", "a layer can replace modules and the runtime, which the rules cannot check"),
    never("Code.ZipFile", "the rules cannot check code in the template"),
    never("KmsKeyArn", "without a grant for the key, the function cannot start"),
    oneOf("TracingConfig.Mode", [undefined, "Active", "PassThrough"], "Lambda accepts no other value"),
    ...free(
      "Architectures",
      "Code.S3Bucket",
      "Code.S3Key", // function-loads
      "Description",
      "Environment.Variables", // environment-override, grants
      "EphemeralStorage",
      "FunctionName",
      "Handler", // function-loads
      "Tags",
    ),
  ],
};

export const urlProperties: PropertyTable = {
  kind: "url",
  types: ["AWS::Lambda::Url"],
  properties: [
    oneOf("InvokeMode", [undefined, "BUFFERED"], "streaming changes the format of responses"),
    never("Cors", "pages of other sites could call it with a reader's credentials"),
    ...free("AuthType", "TargetFunctionArn"), // function-url-signed
  ],
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html */
export const invokeProperties: PropertyTable = {
  kind: "invoke",
  types: ["AWS::Lambda::EventInvokeConfig"],
  properties: free(
    "FunctionName",
    "MaximumEventAgeInSeconds",
    "MaximumRetryAttempts",
    "Qualifier",
    "DestinationConfig",
  ),
};
