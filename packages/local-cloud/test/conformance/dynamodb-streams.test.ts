// What the product relies on from DynamoDB's streams, whichever engine stands behind the endpoint.

import { DeleteItemCommand, PutItemCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type Shard,
  type ShardIteratorType,
  type _Record as StreamRecord,
} from "@aws-sdk/client-dynamodb-streams";
import { conformanceClients } from "@essentially-once/testing/internal/support/conformance-clients";
import { aTable } from "@essentially-once/testing/internal/support/conformance-table";
import { expect, test, vi } from "vitest";

const clients = conformanceClients();

async function put(TableName: string, id: string, value: number): Promise<void> {
  const Item = { id: { S: id }, value: { N: String(value) } };
  await clients().dynamodb.send(new PutItemCommand({ TableName, Item }));
}

async function shardsOf(StreamArn: string): Promise<Shard[]> {
  const { StreamDescription } = await clients().streams.send(new DescribeStreamCommand({ StreamArn }));
  return StreamDescription?.Shards ?? [];
}

async function iteratorOf(StreamArn: string, shard: Shard | undefined, type: ShardIteratorType) {
  const command = new GetShardIteratorCommand({
    StreamArn,
    ShardId: shard?.ShardId,
    ShardIteratorType: type,
  });
  return (await clients().streams.send(command)).ShardIterator;
}

/** Reads all shards from their start until there are as many records. */
async function records(streamArn: string, count: number): Promise<StreamRecord[]> {
  return vi.waitFor(
    async () => {
      const found: StreamRecord[] = [];
      for (const shard of await shardsOf(streamArn)) {
        const ShardIterator = await iteratorOf(streamArn, shard, "TRIM_HORIZON");
        found.push(
          ...((await clients().streams.send(new GetRecordsCommand({ ShardIterator }))).Records ?? []),
        );
      }
      expect(found).toHaveLength(count);
      return found;
    },
    { timeout: 120_000, interval: 250 },
  );
}

test("a stream is described with its view type", async () => {
  const { streamArn } = await aTable(clients(), { stream: "NEW_IMAGE" });
  const { StreamDescription } = await clients().streams.send(
    new DescribeStreamCommand({ StreamArn: streamArn }),
  );
  expect(StreamDescription).toMatchObject({ StreamStatus: "ENABLED", StreamViewType: "NEW_IMAGE" });
  expect(StreamDescription?.Shards?.length).toBeGreaterThan(0);
});

test("TRIM_HORIZON reads from the start, long after the writes", async () => {
  const { TableName, streamArn } = await aTable(clients(), { stream: "NEW_IMAGE" });
  await put(TableName, "a", 1);
  await put(TableName, "b", 2);
  const ids = (await records(streamArn, 2)).map(({ dynamodb }) => dynamodb?.NewImage?.id?.S);
  expect(ids.toSorted()).toEqual(["a", "b"]);
  expect(await records(streamArn, 2), "and again").toHaveLength(2);
});

test("an insert, a change and a removal are told apart; a new image comes with the first two", async () => {
  const { TableName, streamArn } = await aTable(clients(), { stream: "NEW_IMAGE" });
  await put(TableName, "a", 1);
  await put(TableName, "a", 2);
  await clients().dynamodb.send(new DeleteItemCommand({ TableName, Key: { id: { S: "a" } } }));
  const found = await records(streamArn, 3);
  expect(found.map(({ eventName }) => eventName)).toEqual(["INSERT", "MODIFY", "REMOVE"]);
  expect(found.map(({ dynamodb }) => dynamodb?.NewImage?.value?.N)).toEqual(["1", "2", undefined]);
  expect(found.every(({ dynamodb }) => dynamodb?.Keys?.id?.S === "a")).toBe(true);
  expect(found.every(({ dynamodb }) => dynamodb?.OldImage === undefined)).toBe(true);
});

test("the records of one item come in the order of its writes", async () => {
  const { TableName, streamArn } = await aTable(clients(), { stream: "NEW_IMAGE" });
  const values = Array.from({ length: 20 }, (_, index) => index);
  for (const value of values) {
    await put(TableName, "busy", value);
    await put(TableName, `other-${value}`, value);
  }
  const busy = (await records(streamArn, 40)).filter(({ dynamodb }) => dynamodb?.Keys?.id?.S === "busy");
  expect(busy.map(({ dynamodb }) => Number(dynamodb?.NewImage?.value?.N))).toEqual(values);
});

test("a transaction's writes are in the stream, a cancelled one's are not", async () => {
  const { TableName, streamArn } = await aTable(clients(), { stream: "NEW_IMAGE" });
  const transaction = new TransactWriteItemsCommand({
    TransactItems: ["a", "b"].map((id) => ({
      Put: { TableName, Item: { id: { S: id } }, ConditionExpression: "attribute_not_exists(id)" },
    })),
  });
  await clients().dynamodb.send(transaction);
  const repeated = new TransactWriteItemsCommand({ TransactItems: transaction.input.TransactItems });
  await expect(clients().dynamodb.send(repeated)).rejects.toThrow();
  await put(TableName, "c", 1);
  const ids = (await records(streamArn, 3)).map(({ dynamodb }) => dynamodb?.Keys?.id?.S);
  expect(ids.toSorted()).toEqual(["a", "b", "c"]);
});

test("LATEST reads only later records, and an iterator continues where it stopped", async () => {
  const { TableName, streamArn } = await aTable(clients(), { stream: "NEW_IMAGE" });
  await put(TableName, "before", 1);
  await records(streamArn, 1);
  const [shard] = await shardsOf(streamArn);
  let ShardIterator = await iteratorOf(streamArn, shard, "LATEST");
  const read: (string | undefined)[] = [];
  for (const id of ["after-1", "after-2"]) {
    await put(TableName, id, 1);
    await vi.waitFor(
      async () => {
        const { Records, NextShardIterator } = await clients().streams.send(
          new GetRecordsCommand({ ShardIterator }),
        );
        ShardIterator = NextShardIterator;
        read.push(...(Records ?? []).map(({ dynamodb }) => dynamodb?.Keys?.id?.S));
        expect(read).toContain(id);
      },
      { timeout: 120_000, interval: 250 },
    );
  }
  expect(read).toEqual(["after-1", "after-2"]);
});
