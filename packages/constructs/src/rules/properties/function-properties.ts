// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
import { free, never, oneOf, type PropertyTable, references, within } from "./property-rules.ts";

export const functionProperties: PropertyTable = {
  kind: "function",
  types: ["AWS::Lambda::Function"],
  properties: [
    oneOf("Runtime", ["nodejs24.x"], "what was tested and loaded is Node 24, and AWS stops older runtimes"),
    within(
      "MemorySize",
      { min: 256, max: 32_768, absent: 128 },
      "ten messages of a megabyte and the SDK do not fit, and the process is killed each time",
    ),
    within("Timeout", { min: 3, max: 900, absent: 3 }, "a batch is cut off before it can commit"),
    within(
      "ReservedConcurrentExecutions",
      { min: 1, max: 100_000, absent: 1 },
      "a function with no concurrency never runs, and its messages expire",
    ),
    oneOf("PackageType", [undefined, "Zip"], "an image is not what was bundled, loaded and proved"),
    oneOf(
      "RecursiveLoop",
      [undefined, "Terminate"],
      "a loop of messages goes on until somebody sees the bill",
    ),
    references(
      "LoggingConfig.LogGroup",
      ["AWS::Logs::LogGroup"],
      "the role may not write the log, and it stays empty",
    ),
    oneOf(
      "LoggingConfig.LogFormat",
      [undefined, "Text"],
      "Lambda wraps each line, and CloudWatch finds no metric in it: alarms stay silent",
    ),
    references("Role", ["AWS::IAM::Role"], "nothing can be proved about a role that is not in this app"),
    never("VpcConfig", "without an endpoint for each AWS service the function reaches none of them"),
    never("Layers", "a layer can replace modules and wrap the runtime: what runs is not what was proved"),
    never("Code.ZipFile", "code in the template is not what was bundled, loaded and proved"),
    never("KmsKeyArn", "without a grant of its own on the key the function cannot start"),
    oneOf("TracingConfig.Mode", [undefined, "Active", "PassThrough"], "Lambda knows no other"),
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
    oneOf("InvokeMode", [undefined, "BUFFERED"], "the endpoint's answer is not the one that it gave"),
    never("Cors", "pages of other sites may call it with the credentials of whoever reads them"),
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
