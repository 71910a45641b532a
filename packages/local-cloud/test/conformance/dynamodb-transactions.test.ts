// What the product relies on from DynamoDB's conditional and transactional writes, whichever engine stands
// behind the endpoint.

import { randomUUID } from "node:crypto";
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  IdempotentParameterMismatchException,
  PutItemCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { conformanceClients } from "@essentially-once/testing/internal/support/conformance-clients";
import { aTable } from "@essentially-once/testing/internal/support/conformance-table";
import { expect, test } from "vitest";

const clients = conformanceClients();

async function itemOf(TableName: string, id: string) {
  const command = new GetItemCommand({ TableName, Key: { id: { S: id } }, ConsistentRead: true });
  return (await clients().dynamodb.send(command)).Item;
}

function transact(TransactItems: TransactWriteItem[], ClientRequestToken?: string): Promise<unknown> {
  return clients().dynamodb.send(
    new TransactWriteItemsCommand({ TransactItems, ...(ClientRequestToken && { ClientRequestToken }) }),
  );
}

function putIfAbsent(TableName: string, id: string): TransactWriteItem {
  return {
    Put: {
      TableName,
      Item: { id: { S: id }, by: { S: "the transaction" } },
      ConditionExpression: "attribute_not_exists(id)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    },
  };
}

function add(TableName: string, id: string, amount: number): TransactWriteItem {
  return {
    Update: {
      TableName,
      Key: { id: { S: id } },
      UpdateExpression: "ADD balance :amount",
      ExpressionAttributeValues: { ":amount": { N: String(amount) } },
    },
  };
}

async function cancellationOf(transaction: Promise<unknown>): Promise<TransactionCanceledException> {
  const error = await transaction.catch((caught: unknown) => caught);
  if (error instanceof TransactionCanceledException) return error;
  throw new Error("the transaction was not cancelled", { cause: error });
}

test("a transaction writes all its items", async () => {
  const { TableName } = await aTable(clients());
  await transact([putIfAbsent(TableName, "evidence"), add(TableName, "account", 5)]);
  expect(await itemOf(TableName, "evidence")).toMatchObject({ by: { S: "the transaction" } });
  expect(await itemOf(TableName, "account")).toMatchObject({ balance: { N: "5" } });
});

test("one failed condition leaves every item as it was, and its reason holds the old item at its place", async () => {
  const { TableName } = await aTable(clients());
  const evidence = { id: { S: "evidence" }, by: { S: "somebody else" } };
  await clients().dynamodb.send(new PutItemCommand({ TableName, Item: evidence }));

  const cancellation = await cancellationOf(
    transact([add(TableName, "account", 5), putIfAbsent(TableName, "evidence")]),
  );
  expect(cancellation.CancellationReasons?.map(({ Code }) => Code)).toEqual([
    "None",
    "ConditionalCheckFailed",
  ]);
  expect(cancellation.CancellationReasons?.[1]?.Item).toEqual(evidence);
  expect(await itemOf(TableName, "account")).toBeUndefined();
});

test("all failed conditions are reported, each with its old item", async () => {
  const { TableName } = await aTable(clients());
  const ids = ["evidence-1", "evidence-2"];
  await transact(ids.map((id) => putIfAbsent(TableName, id)));
  const cancellation = await cancellationOf(transact(ids.map((id) => putIfAbsent(TableName, id))));
  expect(cancellation.CancellationReasons?.map(({ Item }) => Item?.id?.S)).toEqual(ids);
});

test("a transaction repeated with its client request token takes effect once", async () => {
  const { TableName } = await aTable(clients());
  const token = randomUUID();
  for (const _attempt of [1, 2]) await transact([add(TableName, "account", 5)], token);
  expect(await itemOf(TableName, "account")).toMatchObject({ balance: { N: "5" } });
});

test("a client request token with another transaction is refused", async () => {
  const { TableName } = await aTable(clients());
  const token = randomUUID();
  await transact([add(TableName, "account", 5)], token);
  await expect(transact([add(TableName, "account", 6)], token)).rejects.toBeInstanceOf(
    IdempotentParameterMismatchException,
  );
});

test("one item twice in a transaction is refused", async () => {
  const { TableName } = await aTable(clients());
  const twice = transact([add(TableName, "account", 1), add(TableName, "account", 2)]);
  await expect(twice).rejects.toMatchObject({ name: "ValidationException" });
});

test("of many transactions on one condition exactly one commits", async () => {
  const { TableName } = await aTable(clients());
  const attempts = Array.from({ length: 8 }, () =>
    transact([putIfAbsent(TableName, "evidence"), add(TableName, "account", 1)]),
  );
  const outcomes = await Promise.allSettled(attempts);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await itemOf(TableName, "account")).toMatchObject({ balance: { N: "1" } });
});

test("a conditional update applies under the version it read, and fails with the old item under another", async () => {
  const { TableName } = await aTable(clients());
  await clients().dynamodb.send(
    new PutItemCommand({ TableName, Item: { id: { S: "a" }, version: { N: "1" } } }),
  );
  const underVersion1 = new UpdateItemCommand({
    TableName,
    Key: { id: { S: "a" } },
    UpdateExpression: "SET version = :next",
    ConditionExpression: "version = :read",
    ExpressionAttributeValues: { ":read": { N: "1" }, ":next": { N: "2" } },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  await clients().dynamodb.send(underVersion1);

  const failure = await clients()
    .dynamodb.send(underVersion1)
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ConditionalCheckFailedException);
  expect((failure as ConditionalCheckFailedException).Item).toEqual({ id: { S: "a" }, version: { N: "2" } });
});
