// AWS::DynamoDB::GlobalTable (CDK's TableV2, one replica) and AWS::DynamoDB::Table.
//
//   Always on demand locally: capacity is neither reserved nor limited on a laptop.
//   A table that survived a restart is used as it is if its definition is the same, and refused if not.

import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type KeySchemaElement,
  ResourceInUseException,
  type TableDescription,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { z } from "zod";
import { physicalName, tableArn } from "../model/names.ts";
import { type Created, family, NotUnderstood, type Site } from "./family.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Limits.html: 3 to 255 characters */
const TABLE_NAME_CHARACTERS_MAX = 255;

const keySchema = z
  .array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(["HASH", "RANGE"]) }))
  .min(1);
const index = z.strictObject({
  IndexName: z.string(),
  KeySchema: keySchema,
  Projection: z.strictObject({
    ProjectionType: z.enum(["ALL", "KEYS_ONLY", "INCLUDE"]),
    NonKeyAttributes: z.array(z.string()).optional(),
  }),
});
const shared = {
  TableName: z.string().optional(),
  AttributeDefinitions: z.array(
    z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(["S", "N", "B"]) }),
  ),
  KeySchema: keySchema,
  BillingMode: z.enum(["PAY_PER_REQUEST", "PROVISIONED"]).optional(),
  GlobalSecondaryIndexes: z.array(index).min(1).optional(),
  LocalSecondaryIndexes: z.array(index).min(1).optional(),
  StreamSpecification: z
    .strictObject({
      StreamViewType: z.enum(["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]),
    })
    .optional(),
  TimeToLiveSpecification: z
    .strictObject({ AttributeName: z.string().optional(), Enabled: z.boolean() })
    .optional(),
};
const table = z.strictObject(shared);
const globalTable = z.strictObject({
  ...shared,
  Replicas: z
    .array(
      z.strictObject({
        Region: z.string(),
        GlobalSecondaryIndexes: z.array(z.strictObject({ IndexName: z.string() })).optional(), // their capacity
      }),
    )
    .length(1, "a local table can have only one replica"),
});

/** Security, backup, cost and insight; and capacity, which is neither reserved nor limited on a laptop. */
const OF_AWS_ONLY = [
  "ContributorInsightsSpecification",
  "DeletionProtectionEnabled",
  "OnDemandThroughput",
  "PointInTimeRecoverySpecification",
  "ProvisionedThroughput",
  "ReadOnDemandThroughputSettings",
  "ReadProvisionedThroughputSettings",
  "ResourcePolicy",
  "SSESpecification",
  "TableClass",
  "Tags",
  "WarmThroughput",
  "WriteOnDemandThroughputSettings",
  "WriteProvisionedThroughputSettings",
];
const places = [
  "",
  "GlobalSecondaryIndexes.",
  "Replicas.",
  "Replicas.GlobalSecondaryIndexes.",
  "StreamSpecification.",
];
const harmless = places.flatMap((place) => OF_AWS_ONLY.map((property) => `${place}${property}`));

export const Table = family({ type: "AWS::DynamoDB::Table", properties: table, harmless, create });
export const GlobalTable = family({
  type: "AWS::DynamoDB::GlobalTable",
  properties: globalTable,
  harmless,
  create,
});

async function create(properties: z.output<typeof table>, site: Site): Promise<Created> {
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, LocalSecondaryIndexes } = properties;
  const stream = properties.StreamSpecification;
  const description = await createOrFind(
    site,
    {
      TableName: properties.TableName ?? physicalName(site, { charactersMax: TABLE_NAME_CHARACTERS_MAX }),
      AttributeDefinitions,
      KeySchema,
      BillingMode: "PAY_PER_REQUEST",
      ...(GlobalSecondaryIndexes && { GlobalSecondaryIndexes }),
      ...(LocalSecondaryIndexes && { LocalSecondaryIndexes }),
      ...(stream && {
        StreamSpecification: { StreamEnabled: true, StreamViewType: stream.StreamViewType },
      }),
    },
    properties.TimeToLiveSpecification,
  );

  const { TableName = "", TableId = "", LatestStreamArn } = description;
  const { AttributeName: partitionKey = "" } = KeySchema.find(({ KeyType }) => KeyType === "HASH") ?? {};
  if (LatestStreamArn) site.deployed.partitionKeysByStreamArn.set(LatestStreamArn, partitionKey);
  return {
    ref: TableName,
    attributes: { Arn: tableArn(TableName), TableId, ...(LatestStreamArn && { StreamArn: LatestStreamArn }) },
  };
}

async function createOrFind(
  { clients: { dynamodb } }: Site,
  input: CreateTableCommandInput & { TableName: string },
  timeToLive: z.output<typeof table>["TimeToLiveSpecification"],
): Promise<TableDescription> {
  const { TableName } = input;
  try {
    await dynamodb.send(new CreateTableCommand(input));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
    const existing = await describe();
    if (definition(existing) === definition(input)) return existing;
    throw new NotUnderstood(
      `table ${TableName} exists with another definition (keys, indexes or stream): delete the data directory to start again`,
      { cause: error },
    );
  }
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30, minDelay: 1 }, { TableName });
  if (timeToLive?.Enabled) {
    const { AttributeName, Enabled } = timeToLive;
    await dynamodb.send(
      new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { AttributeName, Enabled } }),
    );
  }
  return describe();

  async function describe(): Promise<TableDescription> {
    return (await dynamodb.send(new DescribeTableCommand({ TableName }))).Table ?? {};
  }
}

/** What cannot change under items that are already there, whatever order an engine describes it in. */
function definition(from: CreateTableCommandInput | TableDescription): string {
  const indexes = [...(from.GlobalSecondaryIndexes ?? []), ...(from.LocalSecondaryIndexes ?? [])];
  return [
    keys(from.KeySchema),
    ...indexes
      .map(
        ({ IndexName, KeySchema, Projection }) =>
          `${IndexName} ${keys(KeySchema)} ${Projection?.ProjectionType}`,
      )
      .sort(),
    from.StreamSpecification?.StreamViewType,
  ].join("; ");
}

function keys(schema: readonly KeySchemaElement[] = []): string {
  return schema.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).join(", ");
}
