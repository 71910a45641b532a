import {
  type BatchExecuteStatementCommandInput,
  type BatchExecuteStatementCommandOutput,
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { leaveOut } from "@essentially-once/testing/internal/support/partial-answers";
import { watchRequests } from "@essentially-once/testing/internal/support/watch-requests";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { inline } from "../src/commit/inline.ts";
import { remember } from "../src/commit/seen-evidence.ts";
import type { UnitOfWork } from "../src/commit/unit-of-work.ts";
import { type Versioned, versionedTable } from "../src/commit/versioned-table.ts";
import { setClock } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, type Envelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { sequenceText } from "../src/envelope/sequence.ts";
import { consumer } from "../src/receive/consumer.ts";

interface Counter extends Versioned {
  readonly count: number;
}

const Added = messageType({
  type: "tests.added.v1",
  schema: z.strictObject({ counter: z.string(), amount: z.int() }),
  key: (added) => added.counter,
});
const Counted = messageType({
  type: "tests.counted.v1",
  schema: z.strictObject({ count: z.int() }),
  key: () => "all",
});

let world: World;
const cleanUp: (() => unknown)[] = [];

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
afterEach(() => {
  for (const clean of cleanUp.splice(0)) clean();
});
afterAll(() => world.stop());

describe("a batch whose inline writes share requests", () => {
  it.each(["ids", "sequence"] as const)(
    "G1, G2, D11: needs one request and ten write units for ten messages of ten new items, by %s",
    async (by) => {
      const messages = tenAdded();
      const requests = watchRequests(dynamodb());
      expect(await receive(messages, { by })).toEqual({ batchItemFailures: [] });
      expect(requests.stop().filter((one) => !one.startsWith("GetItem"))).toEqual([
        "BatchExecuteStatement 10",
      ]);
      expect(await counts(messages)).toEqual(Array(10).fill(1));
      for (const message of messages) {
        expect(await itemOf(message)).toMatchObject({
          version: 1,
          eo_outbox: [expect.stringContaining(message.id)],
        });
      }
    },
  );

  it.each(["ids", "sequence"] as const)("G2: and for ten items that are there, by %s", async (by) => {
    const first = tenAdded();
    await receive(first, { by });
    const next = first.map(nextOf);
    const sent = watch();
    expect(await receive(next, { by })).toEqual({ batchItemFailures: [] });
    expect(sent.attempts).toHaveLength(1);
    expect(await counts(first)).toEqual(Array(10).fill(2));
  });

  it("G2: applies each effect once when the whole batch is redelivered, also to another process", async () => {
    const messages = tenAdded();
    await receive(messages);
    for (const receiveCount of [1, 2]) {
      for (const message of messages) remember(table(), counterOf(message), undefined);
      expect(await receive(messages, { receiveCount })).toEqual({ batchItemFailures: [] });
    }
    expect(await counts(messages)).toEqual(Array(10).fill(1));
  });

  it.each([[[1]], ["all" as const]])(
    "D1: applies each effect once when the response to attempts %s is lost",
    async (attempts) => {
      const existing = tenAdded();
      await receive(existing);
      const messages = [...tenAdded().slice(0, 5), ...existing.slice(0, 5).map(nextOf)];
      const sent = watch({ moment: "after", attempts });
      expect(await receive(messages)).toEqual({ batchItemFailures: [] });
      expect(sent.attempts.length).toBeGreaterThan(1);
      expect(await counts(messages)).toEqual([...Array(5).fill(1), ...Array(5).fill(2)]);
    },
  );

  it("D1: a write without a read of its own takes effect once when the response is lost", async () => {
    for (const _ of ["new items", "items that are there"]) {
      const messages = tenAdded();
      watch({ moment: "after", attempts: [1] });
      expect(await receive(messages, { work: blind })).toEqual({ batchItemFailures: [] });
      expect(await counts(messages)).toEqual(Array(10).fill(1));
    }
  });

  it("D1: finds what was done in the old items, where the engine gives them, without a read", async () => {
    giveOldItems();
    const existing = tenAdded();
    await receive(existing, { work: blind });
    const messages = existing.map(nextOf);
    watch({ moment: "after", attempts: [1] });
    const requests = watchRequests(dynamodb());
    expect(await receive(messages, { work: blind })).toEqual({ batchItemFailures: [] });
    expect(requests.stop()).toEqual(["BatchExecuteStatement 0"]);
    expect(await counts(messages)).toEqual(Array(10).fill(2));
  });

  it("D1: with one shared read where the engine does not give them", async () => {
    const existing = tenAdded();
    await receive(existing, { work: blind });
    const messages = existing.map(nextOf);
    watch({ moment: "after", attempts: [1] });
    const requests = watchRequests(dynamodb());
    expect(await receive(messages, { work: blind })).toEqual({ batchItemFailures: [] });
    expect(requests.stop().map((one) => one.split(" ")[0])).toEqual([
      "BatchExecuteStatement",
      "BatchGetItem",
    ]);
    expect(await counts(messages)).toEqual(Array(10).fill(2));
  });

  it("G2: the request never arrives: nothing is done, and everything on redelivery", async () => {
    const messages = tenAdded();
    const sent = watch({ moment: "before" });
    expect((await receive(messages)).batchItemFailures).toHaveLength(10);
    expect(await counts(messages)).toEqual(Array(10).fill(undefined));
    sent.remove();
    expect(await receive(messages, { receiveCount: 2 })).toEqual({ batchItemFailures: [] });
    expect(await counts(messages)).toEqual(Array(10).fill(1));
  });

  it.each([
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
    "InternalServerError",
    "RequestLimitExceeded",
    undefined,
  ])(
    "G3, G5: a statement that an answer of 200 refuses for a moment (%s) is sent again, without the others",
    async (Code) => {
      const messages = tenAdded();
      const failure = { SenderFault: false, Code: Code as string };
      const partial = leaveOut(dynamodb(), { command: statementsCommand, entries: 3, requests: 2, failure });
      cleanUp.push(() => partial.remove());
      expect(await receive(messages)).toEqual({ batchItemFailures: [] });
      expect(partial.requests).toEqual([10, 3, 3]);
      expect(await counts(messages)).toEqual(Array(10).fill(1));
    },
  );

  it("G5: a statement that stays throttled returns its message alone", async () => {
    const messages = tenAdded();
    const failure = { SenderFault: false, Code: "ThrottlingError" };
    const partial = leaveOut(dynamodb(), { command: statementsCommand, requests: 100, failure });
    cleanUp.push(() => partial.remove());
    const alone = injectFaults(dynamodb(), { command: "UpdateItemCommand", moment: "before" });
    cleanUp.push(() => alone.remove());
    const { batchItemFailures } = await receive(messages, { remainingMs: 3_000 });
    expect(batchItemFailures).toHaveLength(1);
    expect((await counts(messages)).filter((count) => count === 1)).toHaveLength(9);
  });

  it("G5: a conflict on one item runs its message again, and no other", async () => {
    const messages = tenAdded();
    const failure = { SenderFault: false, Code: "TransactionConflict" };
    const partial = leaveOut(dynamodb(), { command: statementsCommand, failure });
    cleanUp.push(() => partial.remove());
    expect(await receive(messages)).toEqual({ batchItemFailures: [] });
    expect(await counts(messages)).toEqual(Array(10).fill(1));
  });

  it("D6: runs only the message again whose item another changed", async () => {
    const messages = tenAdded();
    const runs = new Map<string, number>();
    const work: Work = async (id, unit) => {
      runs.set(id, (runs.get(id) ?? 0) + 1);
      const counter = (await counters().get(id)) ?? { id, version: 0, count: 0 };
      if (id === counterOf(messages[3]) && runs.get(id) === 1) await put(id, 100);
      unit.write(counters().save({ ...counter, count: counter.count + 1 }));
    };
    expect(await receive(messages, { work })).toEqual({ batchItemFailures: [] });
    expect([...runs.values()].sort()).toEqual([...Array(9).fill(1), 2]);
    expect(await counts(messages)).toEqual(Array.from({ length: 10 }, (_, n) => (n === 3 ? 101 : 1)));
  });

  it("G5: messages of one item never share a request", async () => {
    const id = newId();
    const messages = Array.from({ length: 4 }, () => anAdded(id));
    expect(await receive(messages)).toEqual({ batchItemFailures: [] });
    expect(await counts(messages.slice(0, 1))).toEqual([4]);
  });

  it("G2: items that nobody has read are new until one is not, and the next are taken for such", async () => {
    const [first, second] = [tenAdded(), tenAdded()];
    for (const message of [...first, ...second]) await put(counterOf(message), 1);
    const evidence = anEvidence({});
    const requests = watchRequests(dynamodb());
    expect(await receive(first, { work: blind, evidence })).toEqual({ batchItemFailures: [] });
    expect(requests.seen.map((one) => one.split(" ")[0])).toEqual([
      "BatchExecuteStatement", // ten INSERT, refused
      "BatchGetItem",
      "BatchExecuteStatement",
    ]);
    expect(await receive(second, { work: blind, evidence })).toEqual({ batchItemFailures: [] });
    expect(await receive(second.map(nextOf), { work: blind, evidence })).toEqual({ batchItemFailures: [] });
    expect(requests.stop().slice(3)).toEqual(Array(2).fill("BatchExecuteStatement 10"));
    expect(await counts([...first, ...second])).toEqual([...Array(10).fill(2), ...Array(10).fill(3)]);
    expect(await itemOf(second[0] as Envelope)).not.toHaveProperty("eo_outbox"); // never had messages

    await receive(tenAdded(), { work: blind, evidence }); // ten UPDATE, refused: the next are taken for new again
    const next = watchRequests(dynamodb());
    expect(await receive(tenAdded(), { work: blind, evidence })).toEqual({ batchItemFailures: [] });
    expect(next.stop()).toEqual(["BatchExecuteStatement 10"]);
  });

  it("G11: an item that another has changed says nothing of those that nobody has read: they are new", async () => {
    const [known, unseen] = [tenAdded(), tenAdded()];
    const evidence = anEvidence({});
    await receive(known, { work: blind, evidence });
    for (const message of known) await put(counterOf(message), 1);
    expect(await receive(known.map(nextOf), { work: blind, evidence })).toEqual({ batchItemFailures: [] });
    const requests = watchRequests(dynamodb());
    expect(await receive(unseen, { work: blind, evidence })).toEqual({ batchItemFailures: [] });
    expect(requests.stop()).toEqual(["BatchExecuteStatement 10"]);
  });

  it("G5, G6: a statement that the engine refuses goes alone, and its message says why", async () => {
    const messages = tenAdded();
    const work: Work = async (id, unit) => {
      if (id !== counterOf(messages[3])) return blind(id, unit);
      unit.write({
        Update: {
          TableName: table(),
          Key: marshall({ id }),
          UpdateExpression: "ADD #count :one",
          ConditionExpression: "attribute_exists(id)", // an update, of what is not there
          ExpressionAttributeNames: { "#count": "count" },
          ExpressionAttributeValues: { ":one": { N: "1" } },
        },
      });
    };
    await put(counterOf(messages[3]), "a text");
    const { batchItemFailures } = await receive(messages, { work });
    const parked = await world.drain(world.output("StandardDeadLetterQueueUrl"));
    expect(batchItemFailures.length + parked.length).toBe(1);
    expect(await counts(messages)).toEqual(Array.from({ length: 10 }, (_, n) => (n === 3 ? "a text" : 1)));
  });

  it.each(["as a whole", "one by one"])(
    "G3: a role without the permissions (refused %s) sends each write alone, and says so once a minute",
    async (how) => {
      const denied = denyStatements(how === "as a whole");
      const evidence = anEvidence({});
      const [first, second, third] = [tenAdded(), tenAdded(), tenAdded()];
      const lines = await linesOf(async () => {
        for (const messages of [first, second]) {
          expect(await receive(messages, { evidence })).toEqual({ batchItemFailures: [] });
        }
      });
      expect(denied.requests).toBe(1);
      expect(lines.filter(({ code }) => code === "STATEMENTS_DENIED")).toMatchObject([
        { level: "WARN", needed: "dynamodb:PartiQLInsert, dynamodb:PartiQLUpdate" },
      ]);
      cleanUp.push(setClock(() => Date.now() + 61_000));
      await linesOf(() => receive(third, { evidence, remainingMs: 70_000 }));
      expect(denied.requests).toBe(2);
      expect(await counts([...first, ...second, ...third])).toEqual(Array(30).fill(1));
    },
  );

  it.each([
    ["for its content sends each write alone", "ValidationException", "client", 1, 10],
    [
      "by an engine that counts no attempts sends each write alone",
      "ValidationException",
      "client",
      undefined,
      10,
    ],
    ["by a throttle that outlasts the SDK's attempts is not made ten", "ThrottlingException", "client", 3, 0],
    ["by a fault of the service is not made ten", "InternalServerError", "server", 1, 0],
  ] as const)("G5, G11: a request that is refused %s", async (_how, name, $fault, attempts, done) => {
    let requests = 0;
    answer(async () => {
      requests++;
      const $metadata = { ...(attempts && { attempts }) };
      throw new DynamoDBServiceException({ name, $fault, $metadata, message: "no" });
    });
    const messages = tenAdded();
    const lines = await linesOf(async () => {
      expect((await receive(messages)).batchItemFailures).toHaveLength(10 - done);
    });
    expect(requests).toBe(1);
    expect((await counts(messages)).filter((count) => count === 1)).toHaveLength(done);
    expect(lines.map(({ code }) => code)).not.toContain("STATEMENTS_DENIED");
  });

  it("G11: a form of statement that is refused three times in a row goes alone from then on", async () => {
    let isRefused = true;
    let requests = 0;
    answer(async (next, input) => {
      requests++;
      if (!isRefused) return next(input);
      const Responses = (input.Statements ?? []).map(() => ({ Error: { Code: "ValidationError" as const } }));
      return { response: {}, output: { $metadata: {}, Responses } };
    });
    const asked = async (evidence: ReturnType<typeof inline>, count: number) => {
      const before = requests;
      const messages = tenAdded().slice(0, count);
      expect(await receive(messages, { evidence, work: blind })).toEqual({ batchItemFailures: [] });
      expect(await counts(messages)).toEqual(Array(count).fill(1));
      return requests - before;
    };
    const [once, now] = [anEvidence({}), anEvidence({})];
    expect([await asked(now, 3), await asked(now, 3)]).toEqual([1, 0]);
    expect(await asked(once, 2)).toBe(1);
    isRefused = false;
    expect(await asked(once, 2)).toBe(1);
    isRefused = true; // it was taken in between, so this is the first time
    expect([await asked(once, 2), await asked(once, 2), await asked(once, 2)]).toEqual([1, 1, 0]);
  });

  it("G11: has at most 25 statements in a request", async () => {
    const messages = Array.from({ length: 60 }, () => anAdded(newId()));
    const sent = watch();
    expect(await receive(messages)).toEqual({ batchItemFailures: [] });
    expect(sent.attempts).toHaveLength(3);
    expect(await counts(messages)).toEqual(Array(60).fill(1));
  });

  it("G5: a write waits for no message that commits nothing, however long it may", async () => {
    const [known, idle, other] = tenAdded() as [Envelope, Envelope, Envelope];
    await receive([known], { work: blind });
    const evidence = anEvidence({ groupCommit: { lingerMs: 60_000 } });
    const work: Work = async (id, unit) => (id === counterOf(idle) ? undefined : blind(id, unit));
    const received = await receive([known, idle, other], { evidence, work, remainingMs: 4_000 });
    expect(received).toEqual({ batchItemFailures: [] });
    expect(await counts([known, idle, other])).toEqual([1, undefined, 1]);
  });

  it("sends each alone when it is off", async () => {
    const messages = tenAdded();
    const sent = watch();
    expect(await receive(messages, { evidence: anEvidence({ groupCommit: false }) })).toEqual({
      batchItemFailures: [],
    });
    expect(sent.attempts).toEqual([]);
    expect(await counts(messages)).toEqual(Array(10).fill(1));
  });

  it("sends one alone, also the only one of several that a statement can say: its answer says what the item was", async () => {
    const sent = watch();
    await receive(tenAdded().slice(0, 1));
    const two = tenAdded().slice(0, 2);
    const work: Work = async (id, unit) => {
      if (id === counterOf(two[0])) return blind(id, unit);
      unit.write({
        Update: {
          TableName: table(),
          Key: marshall({ id }),
          UpdateExpression: "SET #count = if_not_exists(#count, :one)",
          ExpressionAttributeNames: { "#count": "count" },
          ExpressionAttributeValues: { ":one": { N: "1" } },
        },
      });
    };
    expect(await receive(two, { work })).toEqual({ batchItemFailures: [] });
    expect(sent.attempts).toEqual([]);
    expect(await counts(two)).toEqual([1, 1]);
  });

  it("G5: tells each of a group when the file that sends it cannot be loaded; one alone does not need it", async () => {
    vi.doMock("../src/commit/statement-group.ts", () => {
      throw new Error("not in the bundle");
    });
    vi.resetModules();
    cleanUp.push(() => vi.doUnmock("../src/commit/statement-group.ts"));
    const { sharedWrite } = await import("../src/commit/shared-write.ts");
    const perform = sharedWrite(dynamodb);
    const performed = (id: string) => {
      const write = { Put: { TableName: table(), Item: marshall({ id }) } };
      return perform({ write, exists: false, deadlineMs: Date.now() });
    };
    expect(await performed("a")).toBe("alone");
    const results = ["a", "b"].map(performed);
    for (const result of results) await expect(result).rejects.toThrow();
  });

  it("removes the messages of the commit before from the item", async () => {
    const first = tenAdded();
    await receive(first);
    const quiet: Work = async (id, unit) => {
      const counter = await counters().get(id);
      if (counter) unit.write(counters().save({ ...counter, count: counter.count + 1 }));
    };
    await receive(first.map(nextOf), { work: quiet });
    for (const message of first) {
      const item = await itemOf(message);
      expect(item).toMatchObject({ count: 2, eo_outbox: [] });
      expect(item).not.toHaveProperty("eo_outbox_id");
    }
  });
});

const statementsCommand = "BatchExecuteStatementCommand";

function table(): string {
  return world.output("StandardTable");
}

function counters() {
  return versionedTable<Counter>(table());
}

function watch(
  fault: { moment?: "before" | "after"; attempts?: "all" | readonly number[] } = { attempts: [] },
): Faults {
  const sent = injectFaults(dynamodb(), { command: statementsCommand, moment: "before", ...fault });
  cleanUp.push(() => sent.remove());
  return sent;
}

type Work = (counter: string, unit: UnitOfWork<"tests.counted.v1">) => Promise<void>;

const count: Work = async (id, unit) => {
  const counter = (await counters().get(id)) ?? { id, version: 0, count: 0 };
  unit.write(counters().save({ ...counter, count: counter.count + 1 }));
  unit.publish(Counted.from({ count: counter.count + 1 }));
};

/** Without a read. */
const blind: Work = async (id, unit) => {
  unit.write({
    Update: {
      TableName: table(),
      Key: marshall({ id }),
      UpdateExpression: "ADD #count :one",
      ExpressionAttributeNames: { "#count": "count" },
      ExpressionAttributeValues: { ":one": { N: "1" } },
    },
  });
};

function anEvidence({
  by = "ids",
  groupCommit = { lingerMs: 2_000 },
}: {
  by?: "ids" | "sequence";
  groupCommit?: false | { lingerMs: number };
}) {
  return inline({ table: table(), by, groupCommit });
}

interface Reception {
  readonly by?: "ids" | "sequence";
  readonly evidence?: ReturnType<typeof inline>;
  readonly work?: Work;
  readonly receiveCount?: number;
  readonly remainingMs?: number;
}

function receive(
  messages: readonly Envelope[],
  { by = "ids", evidence = anEvidence({ by }), work = count, receiveCount = 1, remainingMs }: Reception = {},
) {
  const handler = consumer(contract({ name: "count", accepts: [Added], publishes: [Counted] }))
    .use(idempotency({ evidence }))
    .handler(({ data }, unit) => work(data.counter, unit));
  const records = messages.map((message) => anSqsRecord(asciiJson(message), { receiveCount }));
  return handler(anSqsEvent(...records), aContext(remainingMs === undefined ? {} : { remainingMs }));
}

function tenAdded(): Envelope[] {
  return Array.from({ length: 10 }, () => anAdded(newId()));
}

function anAdded(counter: string): Envelope {
  return anEnvelope({ ...Added.from({ counter, amount: 1 }), sequence: sequenceText(1) });
}

/** Another message of the same counter. */
function nextOf(message: Envelope): Envelope {
  return { ...message, id: newId(), sequence: sequenceText(2) };
}

function counterOf(message: Envelope | undefined): string {
  return String(message?.partitionkey);
}

async function itemOf(message: Envelope): Promise<Record<string, unknown>> {
  return (await world.get(table(), counterOf(message))) ?? {};
}

async function counts(messages: readonly Envelope[]): Promise<unknown[]> {
  return (await Promise.all(messages.map(itemOf))).map(({ count }) => count);
}

/** By somebody else. */
async function put(id: string, count: unknown): Promise<void> {
  await dynamodb().send(
    new PutItemCommand({ TableName: table(), Item: marshall({ id, version: 1, count }) }),
  );
}

/** As AWS does: a failed condition says what the item was. An INSERT's refusal does not. */
function giveOldItems(): void {
  answer(async (next, input) => {
    const { output, ...answered } = await next(input);
    const Responses = await Promise.all(
      (output.Responses ?? []).map(async (response, n) => {
        const { Statement = "", Parameters = [] } = input.Statements?.[n] ?? {};
        if (response.Error?.Code !== "ConditionalCheckFailed") return response;
        const id = Parameters[(Statement.split("WHERE")[0]?.split("?").length ?? 1) - 1];
        const { Item } = await new DynamoDBClient({}).send(
          new GetItemCommand({ TableName: table(), Key: { id: id ?? { S: "" } } }),
        );
        return { ...response, Error: { ...response.Error, Item } };
      }),
    );
    return { ...answered, output: { ...output, Responses } };
  });
}

/** As AWS does for a role without the permissions; which of both forms it is, no document says. */
function denyStatements(asWhole: boolean): { requests: number } {
  const seen = { requests: 0 };
  answer(async (_next, { Statements = [] }) => {
    seen.requests++;
    const $metadata = { httpStatusCode: 400, attempts: 1 };
    if (asWhole) {
      const refusal = { name: "AccessDeniedException", $fault: "client" as const, $metadata, message: "no" };
      throw new DynamoDBServiceException(refusal);
    }
    const Responses = Statements.map(() => ({ Error: { Code: "AccessDenied" as const } }));
    return { response: {}, output: { $metadata: {}, Responses } };
  });
  return seen;
}

interface Answered {
  readonly response: unknown;
  readonly output: BatchExecuteStatementCommandOutput;
}

type Input = BatchExecuteStatementCommandInput;

/** Stands between the client and the engine for statements. */
function answer(how: (next: (input: Input) => Promise<Answered>, input: Input) => Promise<Answered>): void {
  const name = "answer-statements";
  dynamodb().middlewareStack.add(
    (next, { commandName }) =>
      async function answerStatements(args) {
        if (commandName !== statementsCommand) return next(args);
        const ask = (input: Input) => next({ ...args, input }) as Promise<Answered>;
        return (await how(ask, args.input as Input)) as Awaited<ReturnType<typeof next>>;
      },
    { name, step: "initialize", priority: "low", override: true },
  );
  cleanUp.push(() => dynamodb().middlewareStack.remove(name));
}
