import { randomUUID } from "node:crypto";
import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { LocalClients } from "@essentially-once/local-cloud/internal/model/clients";
import { type FaultAtCall, faultAtCall } from "@essentially-once/testing/fault-at-call";
import { conformanceClients } from "@essentially-once/testing/internal/support/conformance-clients";
import { aTable } from "@essentially-once/testing/internal/support/conformance-table";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type SharedRead, sharedRead } from "../src/aws/shared-read.ts";

const clients = conformanceClients();
let dynamodb: LocalClients["dynamodb"];
let read: SharedRead;
let requests: FaultAtCall;

beforeEach(async () => {
  dynamodb = clients().dynamodb;
  const { TableName } = await aTable(clients());
  for (const [id, n] of Object.entries({ a: "1", b: "2" })) {
    await dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: id }, n: { N: n } } }));
  }
  read = sharedRead({ table: TableName, client: () => dynamodb });
  requests = faultAtCall(dynamodb);
});
afterEach(() => requests.remove());

it("reads of one moment share a request, and each gets its own item", async () => {
  expect(await readAll("a", "none", "b", "a")).toEqual(["1", undefined, "2", "1"]);
  expect(requests.calls).toEqual(["BatchGetItemCommand"]);
});

it("a read that is alone is a plain one", async () => {
  expect(await readAll("b")).toEqual(["2"]);
  expect(requests.calls).toEqual(["GetItemCommand"]);
});

it("reads what was written a moment ago, and only the attribute that is wanted", async () => {
  const { TableName: table } = await aTable(clients());
  await dynamodb.send(
    new PutItemCommand({ TableName: table, Item: { id: { S: "a" }, n: { N: "1" }, m: { N: "2" } } }),
  );
  const inputs: object[] = [];
  dynamodb.middlewareStack.add(
    (next) => (args) => {
      inputs.push(args.input);
      return next(args);
    },
    { name: "inputs", step: "initialize" },
  );
  const readN = sharedRead({ table, client: () => dynamodb, attributes: ["n"] });
  const expected = { id: { S: "a" }, n: { N: "1" } };
  expect(await readN("a")).toEqual(expected);
  expect(await Promise.all([readN("a"), readN("b")])).toEqual([expected, undefined]);
  dynamodb.middlewareStack.remove("inputs");
  expect(inputs).toMatchObject([
    { ConsistentRead: true },
    { RequestItems: { [table]: { ConsistentRead: true } } },
  ]);
});

it("G11: more keys than a request may have are read in several", async () => {
  const ids = Array.from({ length: 150 }, () => randomUUID());
  expect(await readAll(...ids, "a")).toEqual([...ids.map(() => undefined), "1"]);
  expect(requests.calls).toEqual(["BatchGetItemCommand", "BatchGetItemCommand"]);
});

it("what DynamoDB leaves unprocessed is asked for again, and is never taken for absent", async () => {
  leaveOut("b");
  expect(await readAll("a", "b")).toEqual(["1", "2"]);
  expect(requests.calls).toEqual(["BatchGetItemCommand", "BatchGetItemCommand"]);
});

it("a failure rejects every read that shared the request, and no later one", async () => {
  requests.remove();
  requests = faultAtCall(dynamodb, { nth: 1, fault: "down" });
  const answers = await Promise.allSettled([read("a"), read("b")]);
  expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  requests.remove();
  expect(await readAll("a", "b")).toEqual(["1", "2"]);
});

async function readAll(...ids: readonly string[]): Promise<(string | undefined)[]> {
  const items = await Promise.all(ids.map((id) => read(id)));
  return items.map((item) => item?.n?.N);
}

/** The engine processes everything; a busy partition does not. */
function leaveOut(id: string): void {
  const name = "leave-out";
  dynamodb.middlewareStack.add(
    (next, context) =>
      async function withUnprocessedKeys(args) {
        const result = await next(args);
        if (context.commandName !== BatchGetItemCommand.name) return result;
        dynamodb.middlewareStack.remove(name);
        const output = result.output as BatchGetItemCommandOutput;
        const [table = ""] = Object.keys(output.Responses ?? {});
        const items = output.Responses?.[table] ?? [];
        const Responses = { [table]: items.filter((item) => item.id?.S !== id) };
        const UnprocessedKeys = { [table]: { Keys: [{ id: { S: id } }] } };
        return { ...result, output: { ...output, Responses, UnprocessedKeys } };
      },
    { name, step: "initialize" },
  );
}
