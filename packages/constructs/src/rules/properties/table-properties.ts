// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
import { tableTypes, variableOf } from "../wiring.ts";
import {
  free,
  inProd,
  oneOf,
  type Property,
  type PropertyTable,
  property,
  type Scope,
} from "./property-rules.ts";

/** Variables that name tables of the kit's own, with the keys that their items have. */
const kitTables: Readonly<Record<string, readonly string[]>> = {
  EVIDENCE_TABLE: ["id HASH"],
  JOURNAL_TABLE: ["id HASH", "sequence RANGE"],
};

const plain: readonly Property[] = [
  oneOf("BillingMode", ["PAY_PER_REQUEST"], "with provisioned capacity a burst is throttled"),
  property(
    "KeySchema",
    (value, scope) => {
      const needed = Object.entries(kitTables).find(([variable]) => isNamed(scope, variable))?.[1];
      return needed === undefined || keysOf(value).join() === needed.join();
    },
    "the key attributes that the kit writes: id, and in the journal also sequence",
    "DynamoDB refuses every write to the table",
  ),
  property(
    "TimeToLiveSpecification",
    (value, scope) => value === undefined || isNamed(scope, "EVIDENCE_TABLE") || isBeforeAnyConsumer(scope),
    "remove it: of the kit's tables only evidence expires",
    "a TTL would delete state, messages or journal entries still in use",
  ),
  ...["GlobalSecondaryIndexes", "LocalSecondaryIndexes"].map((path) =>
    property(
      path,
      (value, scope) =>
        value === undefined ||
        !["EVIDENCE_TABLE", "OUTBOX_TABLE", "ORDERED_OUTBOX_TABLE", "JOURNAL_TABLE"].some((each) =>
          isNamed(scope, each),
        ),
      "remove it from the tables of the kit",
      "an item whose attribute has another type than the index key is refused",
    ),
  ),
  ...free(
    "AttributeDefinitions",
    "StreamSpecification.StreamViewType", // outbox-stream, inline-stream
    "SSESpecification", // customer-key
    "TableName",
    "Tags",
    "WarmThroughput",
  ),
];

const deletionProtection = "without deletion protection, a stack change can delete the business state";
const recovery = "without point-in-time recovery, writes of a faulty release cannot be undone";

export const tableProperties: PropertyTable = {
  kind: "table",
  types: tableTypes,
  properties: [
    ...plain,
    {
      isShallow: true,
      ...property(
        "Replicas",
        (value) => value === undefined || (Array.isArray(value) && value.length === 1),
        "one: the region of the stack",
        "conditions hold in one region only, so two regions could apply one message twice",
      ),
    },
    inProd(oneOf("Replicas.*.DeletionProtectionEnabled", [true], deletionProtection)),
    inProd(oneOf("Replicas.*.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", [true], recovery)),
    inProd(ofSingle(oneOf("DeletionProtectionEnabled", [true], deletionProtection))),
    inProd(ofSingle(oneOf("PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", [true], recovery))),
    ...free(
      "ContributorInsightsSpecification",
      "PointInTimeRecoverySpecification.RecoveryPeriodInDays",
      "Replicas.*.ContributorInsightsSpecification",
      "Replicas.*.GlobalSecondaryIndexes.*.ContributorInsightsSpecification",
      "Replicas.*.GlobalSecondaryIndexes.*.IndexName",
      "Replicas.*.PointInTimeRecoverySpecification.RecoveryPeriodInDays",
      "Replicas.*.Region",
      "Replicas.*.SSESpecification",
      "Replicas.*.TableClass",
      "Replicas.*.Tags",
      "TableClass",
    ),
  ],
};

/** A global table has these in its replicas. */
function ofSingle(rule: Property): Property {
  const { path, rule: inner } = rule;
  if (inner === undefined) return rule;
  const allows = (value: unknown, scope: Scope) =>
    scope.resource.type !== "AWS::DynamoDB::Table" || inner.allows(value, scope);
  return { path, rule: { ...inner, allows } };
}

/** By a function's environment. */
function isNamed({ templates, resource }: Scope, variable: string): boolean {
  return (
    tableTypes.includes(resource.type) &&
    templates
      .ofType("AWS::Lambda::Function")
      .some((each) => templates.referredTo(variableOf(each, variable)) === resource)
  );
}

/** A service without a function has an evidence table that no function names. */
function isBeforeAnyConsumer(scope: Scope): boolean {
  const functions = scope.templates.ofType("AWS::Lambda::Function");
  const named = ["ORDERED_OUTBOX_TABLE", "OUTBOX_TABLE", "JOURNAL_TABLE"];
  return (
    functions.length > 0 &&
    functions.every((each) => variableOf(each, "EVIDENCE_TABLE") === undefined) &&
    !named.some((variable) => isNamed(scope, variable))
  );
}

function keysOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`) : [];
}
