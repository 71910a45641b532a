// Tables with what an app may add to the kit's own: indexes, of either kind of table.
import { PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { ServiceTable } from "@essentially-once/constructs/service-table";
import { localEngines } from "@essentially-once/testing/local-engines";
import { oneStack } from "@essentially-once/testing/synthesized";
import { CfnOutput } from "aws-cdk-lib";
import { AttributeType, ProjectionType, StreamViewType, Table } from "aws-cdk-lib/aws-dynamodb";
import { expect, test } from "vitest";
import { provision } from "../../src/provision/provision.ts";

const engines = localEngines();

test("a secondary index on a service's table can be queried, and is found again", async () => {
  const assembly = oneStack((stack) => {
    const table = new ServiceTable(stack, "Orders", { keepsData: true, stream: StreamViewType.NEW_IMAGE });
    table.addGlobalSecondaryIndex({
      indexName: "byCustomer",
      partitionKey: { name: "customerId", type: AttributeType.STRING },
      sortKey: { name: "placedAt", type: AttributeType.STRING },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: ["total"],
    });
    new CfnOutput(stack, "Table", { value: table.tableName });
  });
  const first = await provisioned(assembly);
  expect(await provisioned(assembly)).toEqual(first);
  await expectIndex(first.outputs["Shop-test"]?.Table ?? "", "byCustomer");
});

test("so can those of a table that is not a global one", async () => {
  const assembly = oneStack((stack) => {
    const table = new Table(stack, "Lines", {
      partitionKey: { name: "id", type: AttributeType.STRING },
      sortKey: { name: "line", type: AttributeType.STRING },
    });
    table.addGlobalSecondaryIndex({
      indexName: "byCustomer",
      partitionKey: { name: "customerId", type: AttributeType.STRING },
    });
    table.addLocalSecondaryIndex({
      indexName: "byPlace",
      sortKey: { name: "place", type: AttributeType.STRING },
    });
    new CfnOutput(stack, "Table", { value: table.tableName });
  });
  const { outputs } = await provisioned(assembly);
  await expectIndex(outputs["Shop-test"]?.Table ?? "", "byCustomer", { line: { S: "1" } });
});

async function expectIndex(TableName: string, IndexName: string, further = {}): Promise<void> {
  const { dynamodb } = engines.clients;
  const keys = { id: { S: "order-1" }, customerId: { S: "ada" }, placedAt: { S: "2026" }, ...further };
  await dynamodb.send(new PutItemCommand({ TableName, Item: { ...keys, total: { N: "5" } } }));
  const { Items } = await dynamodb.send(
    new QueryCommand({
      TableName,
      IndexName,
      KeyConditionExpression: "customerId = :ada",
      ExpressionAttributeValues: { ":ada": { S: "ada" } },
    }),
  );
  expect(Items).toMatchObject([{ id: { S: "order-1" }, total: { N: "5" } }]);
}

function provisioned(assemblyDirectory: string) {
  const { clients, endpoints } = engines;
  return provision({
    assemblyDirectory,
    clients,
    endpoints,
    functionUrlFor: (path) => `http://127.0.0.1/${path}/`,
  });
}
