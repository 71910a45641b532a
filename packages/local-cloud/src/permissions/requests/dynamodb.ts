// The permissions that a request to DynamoDB needs. A transaction needs those of each of its parts, a batch its own action on
// each of its tables, PartiQL those of each of its statements.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html

import { z } from "zod";
import { tableArn } from "../../model/names.ts";
import type { Access } from "../evaluate.ts";
import { readPartiql } from "./partiql.ts";
import {
  bodyOf,
  operationOf,
  type SeenRequest,
  UnknownRequest,
  unknownOperation,
  type Wanted,
} from "./request.ts";

/** All tables of an app are keyed by `id`; of another the key is not known, and no condition holds for it. */
const attributes = z.looseObject({ id: z.looseObject({ S: z.string().optional() }).optional() }).optional();
const item = { Item: attributes, Key: attributes };
const OnTable = z.object({ TableName: z.string(), IndexName: z.string().optional(), ...item });
const OnTables = z.object({ RequestItems: z.record(z.string(), z.unknown()) });
const part = z.object({ TableName: z.string(), ...item }).optional();
const Transaction = z.object({
  TransactItems: z.array(
    z.object({ Get: part, Put: part, Update: part, Delete: part, ConditionCheck: part }),
  ),
});

const parameter = z.looseObject({ S: z.string().optional() });
const Statement = z.object({ Statement: z.string(), Parameters: z.array(parameter).optional() });
const Statements = z.object({
  Statements: z.array(Statement).optional(),
  TransactStatements: z.array(Statement).optional(),
});

const PARTS = {
  Get: "GetItem",
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "ConditionCheckItem",
} as const;

const ON_ONE_TABLE = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "DescribeTable"];
const BATCHES = ["BatchGetItem", "BatchWriteItem"];
const TRANSACTIONS = ["TransactGetItems", "TransactWriteItems"];
const PARTIQL = ["ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"];

/** Throws `UnknownRequest` for any other operation. */
export function wantedOfDynamodb(request: SeenRequest): Wanted {
  const operation = operationOf(request);
  if (ON_ONE_TABLE.includes(operation)) {
    const { TableName, IndexName, ...named } = bodyOf(request, OnTable);
    return { accesses: [{ ...access(operation, TableName, IndexName), ...leadingKeysOf(named) }] };
  }
  if (BATCHES.includes(operation)) {
    const { RequestItems } = bodyOf(request, OnTables);
    return { accesses: Object.keys(RequestItems).map((table) => access(operation, table)) };
  }
  if (TRANSACTIONS.includes(operation)) {
    const { TransactItems } = bodyOf(request, Transaction);
    return { accesses: distinct(TransactItems.flatMap(accessesOfPart)) };
  }
  if (operation === "ExecuteStatement") {
    return { accesses: [accessOfStatement(bodyOf(request, Statement))] };
  }
  if (PARTIQL.includes(operation)) {
    const { Statements: batch, TransactStatements: transaction } = bodyOf(request, Statements);
    return { accesses: distinct((batch ?? transaction ?? []).map(accessOfStatement)) };
  }
  throw unknownOperation("DynamoDB", operation, [...ON_ONE_TABLE, ...BATCHES, ...TRANSACTIONS, ...PARTIQL]);
}

function accessOfStatement({ Statement: text, Parameters }: z.output<typeof Statement>): Access {
  const statement = readPartiql(text, Parameters);
  if (statement === undefined) throw new UnknownRequest("a PartiQL statement that is not understood here");
  const { action, table, index, id = "" } = statement;
  return { ...access(action, table, index), leadingKeys: [id] };
}

function accessesOfPart(parts: z.output<typeof Transaction>["TransactItems"][number]): Access[] {
  return Object.entries(PARTS).flatMap(([part, action]) => {
    const { TableName, ...named } = parts[part as keyof typeof PARTS] ?? {};
    return TableName === undefined ? [] : [{ ...access(action, TableName), ...leadingKeysOf(named) }];
  });
}

type Named = Partial<Record<keyof typeof item, z.output<typeof attributes>>>;

function leadingKeysOf({ Item, Key }: Named): Pick<Access, "leadingKeys"> {
  const named = Item ?? Key;
  return named === undefined ? {} : { leadingKeys: [named.id?.S ?? ""] };
}

/** A table may be named by its ARN. */
function access(operation: string, table: string, index?: string): Access {
  const arn = tableArn(table.replace(/^.*:table\//, ""));
  return { action: `dynamodb:${operation}`, resource: index === undefined ? arn : `${arn}/index/${index}` };
}

function distinct(accesses: readonly Access[]): Access[] {
  return [
    ...new Map(
      accesses.map((each) => [`${each.action} ${each.resource} ${each.leadingKeys?.join() ?? ""}`, each]),
    ).values(),
  ];
}
