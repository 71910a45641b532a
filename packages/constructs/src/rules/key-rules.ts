// Customer keys: a key encrypts every resource that stores messages or state, or none. A role may use a key only through the
// service that stores its data.
import { statementsOf } from "./policies.ts";
import { finding, type Rule } from "./rule.ts";
import type { Resource } from "./templates.ts";
import { at } from "./wiring.ts";

/** Where each kind of resource names its key. */
const keyProperties: ReadonlyMap<string, string> = new Map([
  ["AWS::DynamoDB::GlobalTable", "Replicas.0.SSESpecification.KMSMasterKeyId"],
  ["AWS::DynamoDB::Table", "SSESpecification.KMSMasterKeyId"],
  [
    "AWS::S3::Bucket",
    "BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.KMSMasterKeyID",
  ],
  ["AWS::SecretsManager::Secret", "KmsKeyId"],
  ["AWS::SNS::Topic", "KmsMasterKeyId"],
  ["AWS::SQS::Queue", "KmsMasterKeyId"],
]);

export const keyRules: readonly Rule[] = [
  {
    id: "customer-key",
    demand:
      "with a customer key for one resource, everything that stores messages, state or secrets must use one",
    check: (templates) => {
      const keeping = templates.ofType(...keyProperties.keys());
      if (!keeping.some(hasKey)) return [];
      return keeping
        .filter((resource) => !hasKey(resource))
        .map((resource) => finding(resource, keyPropertyOf(resource), "the key of the other resources"));
    },
  },
  {
    id: "key-through-service",
    demand:
      "a role that may use the key directly, and not only through an AWS service, can decrypt any copy of the data",
    check: (templates) =>
      statementsOf(templates)
        .filter(
          ({ effect, actions }) => effect !== "Deny" && actions.some((action) => action.startsWith("kms:")),
        )
        .filter(({ condition }) => !limitsService(condition))
        .map(({ holder, property, actions }) => ({
          resource: holder,
          property,
          value: actions,
          remedy: 'a condition on "kms:ViaService" that names the services',
        })),
  },
];

function keyPropertyOf({ type }: Resource): string {
  return keyProperties.get(type) ?? "";
}

/** A key of AWS (`alias/aws/sqs`) does not count: it is no customer key. */
function hasKey(resource: Resource): boolean {
  const key = at(resource, keyPropertyOf(resource));
  return key !== undefined && !String(key).includes("alias/aws/");
}

function limitsService(condition: unknown): boolean {
  const { StringEquals = {} } = (condition ?? {}) as { StringEquals?: Readonly<Record<string, unknown>> };
  const services = [StringEquals["kms:ViaService"]].flat();
  return services.every((service) => typeof service === "string" && !/[*?]/.test(service));
}
