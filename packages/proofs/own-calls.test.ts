// What a handler calls beside its unit of work and outside `effect()` is reported when it happens again for a message,
// though the invariant asks for nothing.
import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import { connect, createServer as createHttp2Server, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { type Effect, effects } from "@essentially-once/messaging/effect";
import { idempotency } from "@essentially-once/messaging/idempotency";
import type { MessageMiddleware } from "@essentially-once/messaging/internal/commit/delivery";
import type { UnitOfWork } from "@essentially-once/messaging/internal/commit/unit-of-work";
import { rows } from "@essentially-once/messaging/rows";
import { type Versioned, versionedTable } from "@essentially-once/messaging/versioned-table";
import { type Explorer, openExplorer } from "@essentially-once/testing/internal/explorer/explorer";
import type { Fault } from "@essentially-once/testing/internal/explorer/fault";
import {
  type Harmless,
  type OwnCalls,
  type OwnCallsOfRun,
  ownCalls,
} from "@essentially-once/testing/internal/explorer/own-calls";
import type { Handler } from "@essentially-once/testing/internal/explorer/program";
import type { Context, SQSEvent } from "aws-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bodiesOf } from "./scenarios/deposits.ts";
import { Deposited } from "./scenarios/handlers/messages.ts";

type Work = (
  account: string,
  given: { readonly unit: UnitOfWork; readonly effect: Effect },
) => Promise<unknown>;

let explorer: Explorer;
let server: Server;
let http2: Http2Server;
let url: string;
let start: () => Handler;
let own: OwnCalls;
let current: OwnCallsOfRun;
let found: readonly string[];
let messages: number;

beforeAll(async () => {
  server = createServer((request, response) => {
    response.statusCode = request.url?.startsWith("/refused") ? 409 : 200;
    request.resume().on("end", () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  http2 = createHttp2Server((_, response) => response.end()).listen(0, "127.0.0.1");
  await once(http2, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  explorer = await openExplorer({
    name: "own calls",
    sandbox: { tables: { STATE_TABLE: {} }, queues: { main: {}, other: {} } },
    ownCalls: {
      begin: () => ({ made: (...given) => current.made(...given), violations: () => [] }),
      requireMade: () => own.requireMade(),
    },
    functions: [{ handler: () => start(), name: "handler", by: { kind: "queue", queue: "main" } }],
    async begin(sandbox, unique) {
      const deposits = Array.from({ length: messages }, () => ({ account: unique, amount: 1 }));
      await sandbox.send("main", ...bodiesOf(unique, deposits).map((body) => ({ body })));
      const run = own.begin(unique);
      current = run;
      return {
        async violations() {
          found = run.violations();
          return []; // the sandbox stays
        },
      };
    },
  });
});
afterAll(async () => {
  await explorer.close();
  http2.close();
  await new Promise((resolve) => server.close(resolve));
});

const killedBeforeCommit: Fault = { kind: "killed-before", command: "TransactWriteItems", nth: 1 };

interface Options {
  readonly harmless?: Harmless;
  readonly faults?: readonly Fault[];
  readonly middleware?: MessageMiddleware;
  readonly count?: number;
}

/** What is reported of one run in which the process dies before its first commit. */
async function reported(
  work: Work,
  {
    harmless = {},
    faults = [killedBeforeCommit],
    middleware = { before: () => undefined },
    count = 1,
  }: Options = {},
): Promise<readonly string[]> {
  return reportedOf(
    () =>
      consumer(contract({ name: "own-calls", accepts: [Deposited], publishes: [] }))
        .use(idempotency({ evidence: rows() }))
        .use(effects())
        .use(middleware)
        .handler(async ({ data }, unit, { effect }) => void (await work(data.account, { unit, effect }))),
    { harmless, faults, count },
  );
}

async function reportedOf(handler: () => Handler, { harmless = {}, faults = [], count = 1 }: Options) {
  start = handler;
  own = ownCalls(harmless);
  messages = count;
  const { violations, fired } = await explorer.run(faults);
  expect(violations).toEqual([]);
  expect(fired).toHaveLength(faults.length);
  return found;
}

const post = (path: string) => fetch(`${url}${path}`, { method: "POST", body: "{}" });

function put(id: string, more: object = {}): Promise<unknown> {
  const Item = { id: { S: id } };
  return new DynamoDBClient({}).send(
    new PutItemCommand({ TableName: String(process.env.STATE_TABLE), Item, ...more }),
  );
}

function send(): Promise<unknown> {
  const QueueUrl = String(process.env.QUEUE_URL).replace("main", "other");
  return new SQSClient({ useQueueUrlAsEndpoint: false }).send(
    new SendMessageCommand({ QueueUrl, MessageBody: "x" }),
  );
}

async function postByHttp2(): Promise<unknown> {
  const session = connect(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
  const stream = session.request({ ":method": "POST", ":path": "/grpc" });
  await once(stream.resume().end("{}"), "close");
  return session.close();
}

function postByHttp(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request(`${url}/mails`, { method: "POST" }, (response) => response.resume().on("end", resolve))
      .on("error", reject)
      .end("{}");
  });
}

describe("reported by default, with the handler's own line", () => {
  it.each<[string, Work, RegExp]>([
    [
      "a POST",
      () => post("/mails"),
      /^G2: POST \/mails at packages\/proofs\/own-calls.test.ts:\d+ happened 2 times for \w+-1 \(explored.deposited.v1\)/,
    ],
    [
      "a DELETE of something of the run",
      (id) => fetch(`${url}/caches/${id}`, { method: "DELETE" }),
      /^G2: DELETE \/caches\/\* at /,
    ],
    ["a POST by HTTP/2", postByHttp2, /^G2: POST \/grpc at packages\/proofs\/own-calls.test.ts/],
    ["a POST by node:http", postByHttp, /^G2: POST \/mails at packages\/proofs\/own-calls.test.ts/],
    [
      "a PutItem by a client of its own",
      (id) => put(id),
      /^G2: PutItem state-table at packages\/proofs\/own-calls.test.ts/,
    ],
    ["a message to a queue", send, /^G2: SendMessage other at packages\/proofs\/own-calls.test.ts/],
    [
      "a POST after a wait",
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        await post("/mails");
      },
      /^G2: POST \/mails at /,
    ],
  ])("%s", async (_, work, sentence) => {
    expect(await reported(work)).toEqual([expect.stringMatching(sentence)]);
  });

  it("what a middleware of the user's calls", async () => {
    const middleware = { before: async () => void (await post("/audits")) };
    expect(await reported(async () => undefined, { middleware })).toEqual([
      expect.stringMatching(/^G2: POST \/audits at packages\/proofs\/own-calls.test.ts/),
    ]);
  });

  it("what a handler without the kit calls", async () => {
    const sends =
      () =>
      async ({ Records: [record] }: SQSEvent, _context: Context) =>
        post(`/mails?${record?.body}`);
    const faults: Fault[] = [{ kind: "lost-response", command: "answer", nth: 1 }];
    expect(await reportedOf(sends, { faults })).toEqual([
      expect.stringMatching(/^G2: POST \/mails at .* happened 2 times for the SQS message [\w-]+: /),
    ]);
  });

  it("both runs in one delivery, of which the first lost a race for the state", async () => {
    const states = versionedTable<Versioned>("state-table");
    let raced = false;
    const races: Work = async (id, { unit }) => {
      await post("/mails");
      const state = (await states.get(id)) ?? { id, version: 0 };
      unit.write(states.save(state));
      if (!raced) await put(id, { Item: { id: { S: id }, version: { N: "1" } } });
      raced = true;
    };
    expect(await reported(races, { faults: [] })).toEqual([expect.stringMatching(/^G2: POST \/mails at /)]);
  });

  it("both attempts of one command, of which the first lost its response", async () => {
    const faults: Fault[] = [{ kind: "lost-response", command: "PutItem", nth: 1 }];
    expect(await reported((id) => put(id), { faults })).toHaveLength(1);
  });
});

describe("not reported", () => {
  it.each<[string, Work]>([
    ["a GET", (id) => fetch(`${url}/accounts/${id}`)],
    [
      "a GetItem",
      (id) =>
        new DynamoDBClient({}).send(
          new GetItemCommand({ TableName: process.env.STATE_TABLE, Key: { id: { S: id } } }),
        ),
    ],
    [
      "a look into a queue",
      () =>
        new SQSClient({ useQueueUrlAsEndpoint: false }).send(
          new ReceiveMessageCommand({ QueueUrl: String(process.env.QUEUE_URL).replace("main", "other") }),
        ),
    ],
    ["what the other side refuses", () => post("/refused")],
    [
      "a write that its condition refuses",
      async (id) => put(id, { ConditionExpression: "attribute_exists(never)" }).catch(() => undefined),
    ],
    [
      "the unit of work",
      async (id, { unit }) =>
        unit.write({ Put: { TableName: process.env.STATE_TABLE, Item: { id: { S: id } } } }),
    ],
  ])("%s", async (_, work) => {
    expect(await reported(work)).toEqual([]);
  });

  it("an effect that is performed again because its lookup found nothing, and the kit's calls for it", async () => {
    const acts: Work = (id, { effect }) =>
      effect(id, { perform: async () => (await post("/mails")).status, lookup: async () => undefined });
    const faults: Fault[] = [{ kind: "killed-after", command: "POST /mails", nth: 1 }];
    expect(await reported(acts, { faults })).toEqual([]);
  });

  it("three calls of one run, and one for each of two messages", async () => {
    const three = async () => {
      for (const _ of [1, 2, 3]) await post("/mails");
    };
    expect(await reported(three, { faults: [], count: 2 })).toEqual([]);
  });
});

describe("harmless", () => {
  it("names a call with the reason, and any part of a path", async () => {
    const purge = (id: string) => fetch(`${url}/caches/${id}`, { method: "DELETE" });
    const harmless = { "DELETE /caches/*": "a cache that is empty stays empty" };
    expect(await reported(purge, { harmless })).toEqual([]);
    expect(() => own.requireMade()).not.toThrow();
    expect(await reported(() => post("/caches/1"), { harmless })).toHaveLength(1);
  });

  it("does not name what the handler never calls", async () => {
    expect(await reported(async () => undefined, { harmless: { "POST /mails": "old" } })).toEqual([]);
    expect(() => own.requireMade()).toThrow(
      'harmless names "POST /mails", and the handler makes no such call',
    );
  });

  it.each([
    ["*", "all"],
    ["* /mails", "any method"],
    ["PutItem *", "any table"],
    ["POST /mails", " "],
  ])("refuses %j because %j: it names one call and has a reason", (name, because) => {
    expect(() => ownCalls({ [name]: because })).toThrow(/^harmless/);
  });
});
