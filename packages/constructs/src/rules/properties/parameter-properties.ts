// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html
import { free, oneOf, type PropertyTable } from "./property-rules.ts";

export const parameterProperties: PropertyTable = {
  kind: "parameter",
  types: ["AWS::SSM::Parameter"],
  properties: [
    oneOf("Type", ["String", "StringList"], "CloudFormation creates no other type, and the deployment fails"),
    oneOf("Policies", [undefined], "a policy can delete the parameter, and with it a route"),
    oneOf("DataType", [undefined, "text"], "Parameter Store would validate the value as something else"),
    ...free(
      "Name", // registry-path
      "Value", // routes-complete, authors-complete, registration-size
      "Tier", // a larger one costs, and no more
      "AllowedPattern", // a deployment fails that does not match it
      "Description",
      "Tags",
    ),
  ],
};
