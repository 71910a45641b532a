// Resources that store messages or state outlive their stack where data is kept, and no resource of the flow has a condition.
import { finding, type Rule } from "./rule.ts";

const keeping = [
  "AWS::DynamoDB::GlobalTable",
  "AWS::DynamoDB::Table",
  "AWS::S3::Bucket",
  "AWS::SecretsManager::Secret",
  "AWS::SQS::Queue",
];

/** Without these resources messages wait, or their alarms notify no receiver. */
const flowing = [
  ...keeping,
  "AWS::CloudWatch::Alarm",
  "AWS::Events::Rule",
  "AWS::Lambda::EventSourceMapping",
  "AWS::Lambda::Function",
  "AWS::SecretsManager::RotationSchedule",
];

export const retentionRules: readonly Rule[] = [
  {
    id: "kept-when-deleted",
    demand: "in production, deleting a stack or renaming a resource would delete messages and state",
    check: (templates) =>
      !templates.keepsData
        ? []
        : templates.ofType(...keeping).flatMap((resource) => {
            const { deletionPolicy, updateReplacePolicy } = resource;
            const remedy = "RemovalPolicy.RETAIN";
            return [
              ...(isKept(deletionPolicy)
                ? []
                : [{ ...finding(resource, "DeletionPolicy", remedy), value: deletionPolicy }]),
              ...(isKept(updateReplacePolicy)
                ? []
                : [{ ...finding(resource, "UpdateReplacePolicy", remedy), value: updateReplacePolicy }]),
            ];
          }),
  },
  {
    id: "not-by-condition",
    demand: "the rules cannot check a resource that exists only under a condition",
    check: (templates) =>
      templates
        .ofType(...flowing)
        .filter(({ isConditional }) => isConditional)
        .map((resource) => ({
          ...finding(resource, "Condition", "remove the condition"),
          value: "a condition",
        })),
  },
];

function isKept(policy: string | undefined): boolean {
  return policy === "Retain" || policy === "RetainExceptOnCreate";
}
