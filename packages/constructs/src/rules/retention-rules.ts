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
    demand:
      "in production a stack that is deleted, or a resource that is renamed, takes messages and state with it",
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
    demand: "whether it is there is known only when it is deployed, so nothing that rests on it is proved",
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
