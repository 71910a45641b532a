// The engines live and die as the local cloud needs: free ports, clear refusals, nothing left behind.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import {
  CreateTableCommand,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { ListQueuesCommand } from "@aws-sdk/client-sqs";
import { asked } from "@essentially-once/testing/foreign-page";
import { temporaryDirectory } from "@essentially-once/testing/synthesized";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { requireTablesEngine } from "../src/engines/dynoxide.ts";
import { type Engines, type EnginesOptions, startEngines } from "../src/engines/engines.ts";
import { destroyClients, type LocalClients, localClients } from "../src/model/clients.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

async function running(options: EnginesOptions = {}): Promise<Engines & { clients: LocalClients }> {
  const engines = await startEngines(options);
  const clients = localClients(engines.endpoints);
  onTestFinished(async () => {
    destroyClients(clients);
    await engines.stop();
  });
  return { ...engines, clients };
}

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

test("both engines answer on free ports of 127.0.0.1", async () => {
  const { announced, clients } = await running();
  expect(announced.sqs).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(announced.dynamodb).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await clients.dynamodb.send(new ListTablesCommand({}))).TableNames).toEqual([]);
  expect((await clients.sqs.send(new ListQueuesCommand({}))).QueueUrls ?? []).toEqual([]);
});

test("queues and buckets are one engine; with an endpoint of its own for either, the other stays", async () => {
  const { endpoints, clients } = await running();
  expect(endpoints.s3).toBe(endpoints.sqs);
  expect((await clients.s3.send(new ListBucketsCommand({}))).Buckets).toEqual([]);

  vi.stubEnv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:1");
  const other = await running();
  expect(other.endpoints.sqs).toBe("http://127.0.0.1:1");
  expect((await other.clients.s3.send(new ListBucketsCommand({}))).Buckets).toEqual([]);
});

test("many starts at once find a port each", async () => {
  const started = await Promise.all([1, 2, 3, 4].map(() => running()));
  expect(new Set(started.map(({ endpoints }) => endpoints.dynamodb)).size).toBe(started.length);
});

test.each([
  ["sqsPort", "--sqs-port"],
  ["dynamodbPort", "--dynamodb-port"],
] as const)("a taken %s is refused with the port and its flag", async (option, flag) => {
  const port = await takenPort();
  const start = startEngines({ [option]: port });
  await expect(start).rejects.toThrow(`Port ${port} of 127.0.0.1 is already in use`);
  await expect(start).rejects.toThrow(flag);
});

test("a platform without a binary is told so at once, with the way around it, which is asked for first", () => {
  const platform = { ...process, platform: "sunos", arch: "sparc64", env: {} } as unknown as NodeJS.Process;
  expect(() => requireTablesEngine(platform)).toThrow(
    /runs on linux-x64.*, not on sunos-sparc64.* AWS_ENDPOINT_URL_DYNAMODB=/,
  );
  const env = { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" };
  expect(() => requireTablesEngine({ ...platform, env } as NodeJS.Process)).not.toThrow();
  expect(() => requireTablesEngine()).not.toThrow();
});

test("an endpoint that the environment names takes the engine's place", async () => {
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1");
  const { endpoints, processIds } = await running();
  expect(endpoints.dynamodb).toBe("http://127.0.0.1:1");
  expect(processIds).toEqual([]);
});

test("stop leaves no process", async () => {
  const engines = await startEngines();
  expect(engines.processIds.map(isAlive)).toEqual([true]);
  await engines.stop();
  expect(engines.processIds.map(isAlive)).toEqual([false]);
});

test("no engine outlives its parent, even one killed with -9", async () => {
  const parent = spawn(process.execPath, ["packages/testing/src/support/start-engines.ts"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: parent.stdout }), "line");
  const { endpoints } = JSON.parse(line) as Engines;
  const answers = () => asked({ url: endpoints.dynamodb });
  expect((await answers()).status).toBe(200);

  parent.kill("SIGKILL");
  await vi.waitFor(() => expect(answers()).rejects.toThrow("ECONNREFUSED"), { timeout: 60_000 });
});

test("what the engine asks of its stream records in a file goes by an index, also after a restart", async () => {
  const dataDirectory = temporaryDirectory("data");
  for (const _ of ["the first start", "a restart"]) {
    const engines = await startEngines({ dataDirectory });
    await engines.stop();
    const database = new DatabaseSync(join(dataDirectory, "dynamodb.sqlite"), { readOnly: true });
    const number = "CAST(sequence_number AS INTEGER)";
    for (const asked of [
      `SELECT COALESCE(MAX(${number}), 0) + 1 FROM _stream_records WHERE table_name = 'a'`,
      `SELECT keys_json FROM _stream_records WHERE table_name = 'a' AND shard_id = 'b' AND ${number} > 1 ORDER BY ${number} LIMIT 9`,
    ]) {
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${asked}`).all();
      expect(plan).toMatchObject([{ detail: expect.stringMatching(/^SEARCH .* INDEX streams_by_number/) }]);
    }
    database.close();
  }
});

test("tables survive a restart in the same data directory", async () => {
  const dataDirectory = temporaryDirectory("data");
  const first = await startEngines({ dataDirectory });
  const { dynamodb, ...others } = localClients(first.endpoints);
  await dynamodb.send(
    new CreateTableCommand({
      TableName: "accounts",
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  const Item = { id: { S: "a" }, available: { N: "5" } };
  await dynamodb.send(new PutItemCommand({ TableName: "accounts", Item }));
  destroyClients({ dynamodb, ...others });
  await first.stop();

  const { clients } = await running({ dataDirectory });
  const found = await clients.dynamodb.send(
    new GetItemCommand({ TableName: "accounts", Key: { id: { S: "a" } } }),
  );
  expect(found.Item).toEqual(Item);
});
