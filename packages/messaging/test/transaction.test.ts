// One transaction: what became of it, as reasons for each action or as an error.
import { TransactionInProgressException } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { dynamodb } from "../src/aws/clients.ts";
import { transact } from "../src/commit/transaction.ts";
import { newId } from "../src/core/ids.ts";

let world: World;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
afterAll(() => world.stop());

it("G1: is committed once, and cancelled with a reason for each action after that", async () => {
  const actions = [insert(newId()), insert(newId())];
  expect(await send(actions)).toBeUndefined();
  const reasons = await send([insert(newId()), ...actions]);
  expect(reasons?.map(({ Code }) => Code)).toEqual([
    "None",
    "ConditionalCheckFailed",
    "ConditionalCheckFailed",
  ]);
});

it("G5: has a transient reason for each action while an earlier attempt of it is in progress", async () => {
  fails(new TransactionInProgressException({ message: "in progress", $metadata: {} }));
  const Code = "TransactionInProgressException";
  expect(await send([insert(newId()), insert(newId())])).toEqual([{ Code }, { Code }]);
});

it("G6: parks two writes of one item, which only DynamoDB knows to be one", async () => {
  const id = newId();
  await expect(send([insert(id), insert(id)])).rejects.toMatchObject({
    name: "Park",
    code: "ITEM_TWICE",
    detail: "two writes of one item of one table: merge them",
  });
});

it("tells any other error as it is", async () => {
  const trouble = new Error("connection lost");
  fails(trouble);
  await expect(send([insert(newId())])).rejects.toBe(trouble);
});

function send(actions: readonly ReturnType<typeof insert>[]) {
  return transact(dynamodb)(actions);
}

function insert(id: string) {
  const TableName = world.output("StandardTable");
  return {
    Put: { TableName, Item: marshall({ id }), ConditionExpression: "attribute_not_exists(id)" },
  };
}

function fails(error: Error): void {
  const { middlewareStack } = dynamodb();
  middlewareStack.add(() => () => Promise.reject(error), { step: "initialize", name: "fails" });
  onTestFinished(() => void middlewareStack.remove("fails"));
}
