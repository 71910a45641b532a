// A function must be allowed to use each resource that its environment names. Without the grant every message fails with
// AccessDenied and is redelivered until it is a dead letter.
import { contractOf } from "./contract-rules.ts";
import { type Statement, statementsOf } from "./policies.ts";
import { registrationsOf } from "./registrations.ts";
import { type Finding, finding, type Rule } from "./rule.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, isResource, isShared, mappingsOf, tableTypes, variableOf } from "./wiring.ts";

/** Variables that name a resource, and what every function that has one does with it. */
const needs: Readonly<Record<string, readonly string[]>> = {
  EVIDENCE_TABLE: ["dynamodb:GetItem", "dynamodb:PutItem"],
  QUEUE_URL: [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
  ],
  DEAD_LETTER_QUEUE_URL: ["sqs:SendMessage"],
  SIGNING_SECRET_ARN: ["secretsmanager:GetSecretValue"],
};

const keyActions = ["kms:Decrypt", "kms:GenerateDataKey"];

export const grantRules: readonly Rule[] = [
  {
    id: "granted",
    demand: "without the permission every message fails and is dead-lettered",
    check: (templates) => functions(templates).flatMap((each) => missingGrants(templates, each)),
  },
  {
    id: "granted-key",
    demand: "without permission for the key, the function can neither read nor write the data",
    check: (templates) => functions(templates).flatMap((each) => missingKeyGrants(templates, each)),
  },
  {
    id: "named-resource",
    demand: "the function would write to a resource that no other function reads",
    check: (templates) => functions(templates).flatMap((each) => misnamed(templates, each)),
  },
  {
    id: "no-deny",
    demand: "a Deny removes grants of other statements, so the rules cannot tell which remain",
    check: (templates) =>
      statementsOf(templates)
        .filter(({ effect }) => effect !== "Allow")
        .map(({ holder, property, effect }) => ({
          resource: holder,
          property,
          value: effect,
          remedy: "grant less",
        })),
  },
  {
    id: "grant-without-condition",
    demand: "if the condition is false at run time, the grant is missing",
    check: (templates) =>
      statementsOf(templates)
        .filter(({ condition }) => !isKnownCondition(condition))
        .map(({ holder, property, condition }) => ({
          resource: holder,
          property,
          value: condition,
          remedy: "no condition except on kms:ViaService or dynamodb:LeadingKeys",
        })),
  },
];

function functions(templates: Templates): Resource[] {
  return templates.ofType("AWS::Lambda::Function");
}

function missingGrants(templates: Templates, each: Resource): Finding[] {
  return demandsOf(templates, each).flatMap(({ path, resource, actions }) => {
    const granted = grantsOn(templates, each, resource);
    const missing = actions.filter((action) => !granted.has(action));
    if (missing.length === 0) return [];
    return [
      {
        ...finding(each, path, `allow its role ${missing.join(", ")} on ${resource.path}`),
        value: "named, not granted",
      },
    ];
  });
}

interface Demand {
  readonly path: string;
  readonly resource: Resource;
  readonly actions: readonly string[];
}

function demandsOf(templates: Templates, each: Resource): Demand[] {
  const named = [...Object.entries(needs), ...ownNeeds(each)].flatMap(([variable, actions]) =>
    demand(templates, `Environment.Variables.${variable}`, variableOf(each, variable), actions),
  );
  const sent = isRelay(each) ? registrationsOf(templates).map(({ queue }) => queue) : [];
  const read = mappingsOf(templates)
    .streams.filter((mapping) => mapping.function === each)
    .flatMap(({ mapping }) => demand(templates, "Role", at(mapping, "EventSourceArn"), streamActions));
  const logged = demand(templates, "LoggingConfig.LogGroup", at(each, "LoggingConfig.LogGroup"), [
    "logs:CreateLogStream",
    "logs:PutLogEvents",
  ]);
  const routed = sent.flatMap((url) =>
    demand(templates, "Environment.Variables.REGISTRY_PATH", url, ["sqs:SendMessage"]),
  );
  return [...named, ...routed, ...read, ...logged];
}

const streamActions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];

/** What the relay's functions do with outbox and journal, and all others. */
function ownNeeds(each: Resource): [string, readonly string[]][] {
  return [
    ["ORDERED_OUTBOX_TABLE", isRelay(each) ? [] : ["dynamodb:PutItem"]],
    ["JOURNAL_TABLE", isRelay(each) ? ["dynamodb:PutItem"] : ["dynamodb:Query"]],
  ];
}

function isRelay(each: Resource): boolean {
  return variableOf(each, "REGISTRY_PATH") !== undefined;
}

function demand(templates: Templates, path: string, value: unknown, actions: readonly string[]): Demand[] {
  const resource = templates.referredTo(value);
  return resource === undefined || actions.length === 0 ? [] : [{ path, resource, actions }];
}

function roleStatements(templates: Templates, each: Resource): Statement[] {
  const role = templates.referredTo(at(each, "Role"));
  return statementsOf(templates).filter(
    ({ effect, roles }) => effect === "Allow" && role !== undefined && roles.includes(role),
  );
}

function grantsOn(templates: Templates, each: Resource, resource: Resource): ReadonlySet<string> {
  return new Set(
    roleStatements(templates, each)
      .filter(({ resources }) => resources.some((one) => isResource(templates, one, resource)))
      .flatMap(({ actions }) => actions),
  );
}

/** Of tables, queues and secrets with a key of the customer's. */
function missingKeyGrants(templates: Templates, each: Resource): Finding[] {
  const statements = roleStatements(templates, each);
  return demandsOf(templates, each).flatMap(({ path, resource }) => {
    const key = keyOf(resource);
    if (key === undefined) return [];
    const isGranted = keyActions.every((action) =>
      statements.some(({ actions, resources }) => actions.includes(action) && resources.includes(key)),
    );
    return isGranted
      ? []
      : [
          {
            ...finding(each, path, `allow its role ${keyActions.join(", ")} on ${key}`),
            value: resource.path,
          },
        ];
  });
}

function keyOf(resource: Resource): unknown {
  const key = tableTypes.includes(resource.type)
    ? (at(resource, "Replicas.0.SSESpecification.KMSMasterKeyId") ??
      at(resource, "SSESpecification.KMSMasterKeyId"))
    : (at(resource, "KmsMasterKeyId") ?? at(resource, "KmsKeyId"));
  return String(key).includes("alias/aws/") || resource.type.startsWith("AWS::Logs") ? undefined : key;
}

const named: readonly (readonly [RegExp, readonly string[]])[] = [
  [/_TABLE$/, tableTypes],
  [/^(DEAD_LETTER_)?QUEUE_URL$/, ["AWS::SQS::Queue"]],
  [/^SIGNING_SECRET_ARN$/, ["AWS::SecretsManager::Secret"]],
  [/^CLAIM_CHECK_BUCKET$/, ["AWS::S3::Bucket"]],
];

function misnamed(templates: Templates, each: Resource): Finding[] {
  return Object.entries(Object(at(each, "Environment.Variables"))).flatMap(([variable, value]) => {
    const types = named.find(([pattern]) => pattern.test(variable))?.[1];
    if (types === undefined || types.includes(templates.referredTo(value)?.type ?? "") || isShared(value))
      return [];
    if (variable === "QUEUE_URL" && consumesElsewhere(templates, each)) return [];
    return [
      finding(each, `Environment.Variables.${variable}`, `a resource of this app: ${types.join(" or ")}`),
    ];
  });
}

/** A queue of another app, which others fill. */
function consumesElsewhere(templates: Templates, each: Resource): boolean {
  const own = mappingsOf(templates).queues.filter((mapping) => mapping.function === each);
  return contractOf(each)?.from !== undefined && own.length > 0 && own.every(({ source }) => !source);
}

const knownConditions = ["kms:ViaService", "dynamodb:LeadingKeys", "dynamodb:Attributes"];

function isKnownCondition(condition: unknown): boolean {
  if (condition === undefined) return true;
  if (typeof condition !== "object" || condition === null) return false;
  const keys = Object.values(condition).flatMap((tested) => Object.keys(Object(tested)));
  return keys.every((key) => knownConditions.includes(key));
}
