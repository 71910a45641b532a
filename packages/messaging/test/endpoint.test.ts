import { GetItemCommand, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext, aPost } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import type { MessageMiddleware } from "../src/commit/delivery.ts";
import { effects } from "../src/commit/effect.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { rows } from "../src/commit/rows.ts";
import { type Versioned, versionedTable } from "../src/commit/versioned-table.ts";
import { setClock } from "../src/core/clock.ts";
import { derivedId, newId } from "../src/core/ids.ts";
import { Park } from "../src/core/outcome.ts";
import { Problem } from "../src/core/problem.ts";
import { contract } from "../src/envelope/contract.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { endpoint } from "../src/receive/endpoint.ts";

interface Till extends Versioned {
  readonly coins: number;
}

const Pay = messageType({
  type: "tests.pay.v1",
  schema: z.strictObject({ till: z.string(), coins: z.int() }),
  key: ({ till }) => till,
});

let world: World;
let tillId: string;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
beforeEach(() => {
  tillId = newId();
});
afterEach(() => dynamodb().middlewareStack.remove("conflict"));
afterAll(() => world.stop());

describe("requests with one key that run at once", () => {
  it("G2: answer the same, and only one takes effect", async () => {
    const key = newId();
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(pay, key)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([JSON.stringify({ status: 201, body: { coins: 5 }, retryAfter: undefined })]),
    );
    expect(await coins()).toBe(5);
  });

  it("G8: while one has the lease of an effect, the others answer 409; then they get its answer", async () => {
    const key = newId();
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => ask(charge, key)));
    const all = [first, ...others];
    expect(all.map((answer) => answer?.status).sort()).toEqual([201, 409, 409]);
    const refused = all.find((answer) => answer?.status === 409);
    expect(refused?.body).toMatchObject({ title: "IN_PROGRESS", status: 409 });
    expect(Number(refused?.retryAfter)).toBeGreaterThan(0);
    const done = all.find((answer) => answer?.status === 201);
    expect(await ask(charge, key)).toEqual(done);
    expect(charges).toEqual([derivedId("/charge/anonymous", key)]);
  });

  it("answer 409 when the other is still committing at the deadline", async () => {
    conflictOver("evidence");
    let answer: Awaited<ReturnType<typeof ask>> | undefined;
    const lines = await linesOf(async () => {
      answer = await ask(pay, newId());
    });
    expect(lines).toContainEqual(expect.objectContaining({ code: "METRICS", Retried: 1 }));
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "WARN", code: "REFUSED", consumer: "pay", status: 409 }),
    );
    expect(answer).toMatchObject({ status: 409, body: { title: "IN_PROGRESS" }, retryAfter: "1" });
    expect(await coins()).toBeUndefined();
  });

  it("G2: find the answer of the one that committed while they lost every try", async () => {
    const key = newId();
    const first = await ask(pay, key);
    conflictOver("evidence");
    const lines = await linesOf(async () => {
      expect(await ask(pay, key)).toEqual(first);
    });
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "INFO", code: "DUPLICATE", consumer: "pay" }),
    );
  });
});

it("a request is a CloudEvent of its own for the handler", async () => {
  let seen: unknown;
  const look = endpoint(contract({ name: "look", accepts: [Pay] })).handler(async (message) => {
    seen = message;
    return {};
  });
  const [key, data] = [newId(), { till: tillId, coins: 5 }];
  await look(aPost(JSON.stringify(data), { "idempotency-key": key }), aContext());
  const source = "/look/anonymous";
  const id = derivedId(source, key);
  expect(seen).toEqual({
    ...{ specversion: "1.0", id, source, type: Pay.type, datacontenttype: "application/json", data, hops: 0 },
    ...{ time: expect.any(String), partitionkey: id, correlationid: id },
  });
});

it("a request goes on in the trace that its caller names, else in that of the invocation", async () => {
  const seen: unknown[] = [];
  const look = endpoint(contract({ name: "look", accepts: [Pay] })).handler(async ({ traceparent }) => {
    seen.push(traceparent);
    return {};
  });
  const given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const ask = (headers: object) =>
    look(aPost({ till: "t", coins: 5 }, { "idempotency-key": "k", ...headers }), aContext());
  await ask({ traceparent: given });
  vi.stubEnv(
    "_X_AMZN_TRACE_ID",
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
  );
  await ask({ traceparent: "none" });
  vi.unstubAllEnvs();
  expect(seen).toEqual([given, "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"]);
});

it("does not begin with a contract that its function was not deployed with", () => {
  vi.stubEnv("CONTRACT", "another");
  onTestFinished(() => void vi.unstubAllEnvs());
  const made = endpoint(contract({ name: "look", accepts: [Pay] }));
  expect(() => made.handler(async () => ({}))).toThrow("CONTRACT_MISMATCH");
});

describe("a request that is none", () => {
  const ping = endpoint(contract({ name: "ping", accepts: [Pay] })).handler(async () => ({ pong: true }));
  const anything = { till: "t", coins: 5 };
  const answerTo = async (event: ReturnType<typeof aPost>) => {
    let answer: Awaited<ReturnType<typeof ping>> | undefined;
    const [line, ...more] = await linesOf(async () => {
      answer = await ping(event, aContext());
    });
    expect(more.filter((one) => "Retried" in one)).toEqual([]);
    const { statusCode, headers, body = "" } = answer ?? {};
    const { title, detail } = JSON.parse(body);
    return { statusCode, headers, title, detail, level: line?.level };
  };

  it.each(["GET", "PUT", "post"])("is refused when its method is %s", async (method) => {
    const event = aPost(anything, { "idempotency-key": "k" });
    Object.assign(event.requestContext.http, { method });
    expect(await answerTo(event)).toEqual({
      ...{ statusCode: 405, title: "METHOD_NOT_ALLOWED", detail: `use POST, got ${method}`, level: "WARN" },
      headers: { "content-type": "application/problem+json", allow: "POST" },
    });
  });

  it.each([
    ["no key", undefined, 400],
    ["an empty key", "", 400],
    ["the shortest key", "k", 201],
    ["the longest key", "k".repeat(255), 201],
    ["a longer key", "k".repeat(256), 400],
  ])("G2: has %s", async (_, key, statusCode) => {
    const event = aPost(anything, key === undefined ? {} : { "idempotency-key": key });
    expect(await answerTo(event)).toMatchObject({
      statusCode,
      ...(statusCode === 400 && {
        title: "KEY_MISSING",
        detail: "the header Idempotency-Key must have 1 to 255 characters",
      }),
    });
  });

  it("has no body", async () => {
    const { body: _, ...event } = aPost("", { "idempotency-key": "k" });
    for (const isBase64Encoded of [false, true]) {
      expect(await answerTo({ ...event, isBase64Encoded })).toMatchObject({
        statusCode: 400,
        title: "NOT_JSON",
      });
    }
  });

  it("is not the one whose body came encoded", async () => {
    const event = aPost(Buffer.from(JSON.stringify(anything)).toString("base64"), { "idempotency-key": "k" });
    expect(await answerTo({ ...event, isBase64Encoded: true })).toMatchObject({ statusCode: 201 });
    expect(await answerTo(event)).toMatchObject({ statusCode: 400, title: "NOT_JSON" });
  });

  it("G7: is refused when its body is in another encoding than UTF-8", async () => {
    const bytes = Buffer.from(JSON.stringify({ ...anything, name: "Müller" }), "latin1");
    const event = aPost(bytes.toString("base64"), { "idempotency-key": "k" });
    expect(await answerTo({ ...event, isBase64Encoded: true })).toMatchObject({
      statusCode: 400,
      title: "NOT_JSON",
      detail: "the body is not UTF-8",
    });
  });
});

it.each([
  [2_000, 1_500],
  [500, 0],
  [100, 0],
])(
  "G11: with %i ms to go, the handler has %i, and the rest is for the answer",
  async (remainingMs, ownMs) => {
    const now = 1_800_000_000_000;
    const restore = setClock(() => now);
    onTestFinished(() => void restore());
    const deadlines: number[] = [];
    const handler = endpoint(contract({ name: "look", accepts: [Pay] }))
      .use({ before: ({ event }) => void deadlines.push(event.deadlineMs) })
      .handler(async () => ({}));
    const context = { ...aContext(), getRemainingTimeInMillis: () => remainingMs };
    await handler(aPost({ till: "t", coins: 5 }, { "idempotency-key": "k" }), context);
    expect(deadlines).toEqual([now + ownMs]);
  },
);

it.each([
  [350_000, 201],
  [350_001, 500],
])("G11: a receipt of %i bytes is answered with %i", async (bytes, status) => {
  const handler = endpoint(contract({ name: "long", accepts: [Pay] })).handler(async () => ({
    text: "x".repeat(bytes - '{"text":""}'.length),
  }));
  const event = aPost({ till: "t", coins: 5 }, { "idempotency-key": "k" });
  const lines = await linesOf(async () => {
    expect(await handler(event, aContext())).toMatchObject({ statusCode: status });
  });
  const processed = [
    { level: "INFO", code: "PROCESSED", consumer: "long" },
    { code: "METRICS", Processed: 1 },
  ];
  const refused = [
    {
      ...{ level: "ERROR", code: "REFUSED", consumer: "long", status: 500, errorCode: "INTERNAL" },
      ...{ reasonCode: "RECEIPT_TOO_LARGE", reasonDetail: "350001 bytes, at most 350000" },
    },
    { code: "METRICS", Retried: 1 }, // the caller repeats it
  ];
  expect(lines).toMatchObject(status === 201 ? processed : refused);
});

it("a handler's own problem is the answer, and says to its middlewares which it is", async () => {
  const problem = new Problem("CARD_DECLINED", 402, "the card was declined", { "x-more": "1" });
  const errors: unknown[] = [];
  const handler = endpoint(contract({ name: "ask", accepts: [Pay] }))
    .use({ onError: ({ error }) => void errors.push(error) })
    .handler(() => Promise.reject(problem));
  const event = aPost({ till: "t", coins: 5 }, { "idempotency-key": "k" });
  const { statusCode, headers, body = "" } = await handler(event, aContext());
  expect(errors).toEqual([problem]);
  expect(problem.message).toBe("CARD_DECLINED: the card was declined");
  expect({ statusCode, headers }).toEqual({
    statusCode: 402,
    headers: { "content-type": "application/problem+json", "x-more": "1" },
  });
  expect(JSON.parse(body)).toEqual({
    ...{ type: "about:blank", title: "CARD_DECLINED", status: 402, detail: "the card was declined" },
  });
});

describe("a key", () => {
  const role = "arn:aws:sts::123456789012:assumed-role/web-shop";

  it("G2: is the same for the next session of the caller's role, whose name has the time when it began", async () => {
    const key = newId();
    const first = await ask(pay, key, `${role}/aws-sdk-js-session-1767225600000`);
    expect(await ask(pay, key, `${role}/aws-sdk-js-session-1767229200000`)).toEqual(first);
    expect(await coins()).toBe(5);
  });

  it("is another's for another role or user", async () => {
    const key = newId();
    const users = ["arn:aws:iam::123456789012:user/web-shop", "arn:aws:iam::123456789012:user/web-shop/a"];
    for (const caller of [`${role}/a`, `${role}-2/a`, ...users]) await ask(pay, key, caller);
    expect(await coins()).toBe(20);
  });
});

describe("users behind one role", () => {
  const shop = "arn:aws:sts::123456789012:assumed-role/web-shop/s";

  it("G2: have keys of their own when the endpoint is told who asks, and no name travels on", async () => {
    const sources: string[] = [];
    const handler = endpoint(contract({ name: "ask", accepts: [Pay] }), {
      callerOf: ({ headers }) => headers["x-user"] ?? "",
    })
      .use(idempotency({ evidence: rows() }))
      .handler(async ({ source }) => {
        sources.push(source);
        return { run: sources.length };
      });
    const key = newId();
    const asked = async (headers: Record<string, string>) => {
      const event = aPost({ till: "t", coins: 5 }, { "idempotency-key": key, ...headers });
      Object.assign(event.requestContext, { authorizer: { iam: { userArn: shop } } });
      const { statusCode, body = "" } = await handler(event, aContext());
      return [statusCode, JSON.parse(body).run ?? JSON.parse(body).title];
    };
    expect(await asked({ "x-user": "ada@example.com" })).toEqual([201, 1]);
    expect(await asked({ "x-user": "bob@example.com" })).toEqual([201, 2]);
    expect(await asked({ "x-user": "ada@example.com" })).toEqual([201, 1]);
    expect(await asked({})).toEqual([401, "CALLER_UNKNOWN"]);
    // As earlier releases had it: a request that is repeated after an upgrade is the same one.
    expect(sources[0]).toBe("/ask/QdFZsCv6LVRFuxyYgcRsCbMHYNn8Q2RDpCK2m53IKWs");
    expect(sources.join()).not.toContain("example.com");
  });
});

describe("what a caller hears of a refusal", () => {
  it.each<[string, () => unknown]>([
    [
      "a table that is not there",
      () => dynamodb().send(new GetItemCommand({ TableName: "secret-table", Key: { id: { S: "1" } } })),
    ],
    [
      "a reason of the handler",
      () => Promise.reject(new Park("ACCOUNT_UNKNOWN", "secret-table has no such account")),
    ],
    ["a bug", () => Promise.reject(new TypeError("secret-table"))],
  ])("names no table, role or account: %s", async (_what, work) => {
    const handler = endpoint(contract({ name: "ask", accepts: [Pay] }))
      .use(idempotency({ evidence: rows() }))
      .handler(async () => (await work()) as object);
    const event = aPost({ till: "t", coins: 5 }, { "idempotency-key": newId() });
    const { body = "" } = await handler(event, aContext());
    expect(body).not.toMatch(/secret-table|arn:|123456789012/);
  });

  it("of a key that was used for another body: not whose it was", async () => {
    const key = newId();
    const shop = "arn:aws:sts::123456789012:assumed-role/web-shop/s";
    await ask(pay, key, shop);
    const { status, body } = await ask(pay, key, shop, 7);
    expect(status).toBe(422);
    expect(body).toMatchObject({
      title: "ID_REUSED",
      detail: "the Idempotency-Key was used before with another body",
    });
  });
});

it("a conflict over the state is no twin: 503", async () => {
  conflictOver("state");
  expect(await ask(pay, newId())).toMatchObject({
    status: 503,
    body: { title: "TransactionConflict" },
    retryAfter: "1",
  });
});

it("the handler has what middlewares add, alone and in lists", async () => {
  const adding = <More extends object>(more: More): MessageMiddleware<More> => ({
    before(request) {
      request.context = { ...request.context, ...more };
    },
  });
  const handler = endpoint(contract({ name: "add", accepts: [Pay] }))
    .use(adding({ one: 1 }))
    .use([adding({ two: 2 }), adding({ two: 3 })])
    .handler(async (_request, _unit, { one, two }) => ({ sum: one + two }));
  expect(await ask(() => handler, newId())).toMatchObject({ status: 201, body: { sum: 4 } });
});

function pay() {
  return endpoint(contract({ name: "pay", accepts: [Pay] }))
    .use(idempotency({ evidence: rows() }))
    .handler(async ({ data }, unit) => {
      const tills = versionedTable<Till>(world.output("StandardTable"));
      const till = (await tills.get(data.till)) ?? { id: data.till, version: 0, coins: 0 };
      unit.write(tills.save({ ...till, coins: till.coins + data.coins }));
      return { coins: till.coins + data.coins };
    });
}

/** What the other side was asked for. */
const charges: string[] = [];

function charge() {
  return endpoint(contract({ name: "charge", accepts: [Pay] }))
    .use(idempotency({ evidence: rows() }))
    .use(effects())
    .handler(async ({ id }, _unit, { effect }) => {
      const charged = await effect(id, {
        async perform({ key }) {
          charges.push(key);
          await new Promise((resolve) => setTimeout(resolve, 300));
          return { receipt: newId() };
        },
      });
      return charged;
    });
}

async function ask(
  handlerOf: () => ReturnType<ReturnType<typeof endpoint>["handler"]>,
  key: string,
  userArn?: string,
  coins = 5,
) {
  const event = aPost({ till: tillId, coins }, { "idempotency-key": key });
  Object.assign(event.requestContext, userArn && { authorizer: { iam: { userArn } } });
  const { statusCode, body = "{}", headers } = await handlerOf()(event, aContext());
  return { status: statusCode, body: JSON.parse(body), retryAfter: headers?.["retry-after"] };
}

async function coins(): Promise<unknown> {
  return (await world.get(world.output("StandardTable"), tillId))?.coins;
}

/** What DynamoDB answers while another transaction writes the same item, which no local engine does for long. */
function conflictOver(item: "evidence" | "state"): void {
  dynamodb().middlewareStack.add(
    (next, context) =>
      async function conflict(args) {
        if (context.commandName !== "TransactWriteItemsCommand") return next(args);
        const codes = item === "evidence" ? ["TransactionConflict", "None"] : ["None", "TransactionConflict"];
        throw new TransactionCanceledException({
          message: "Transaction cancelled",
          $metadata: {},
          CancellationReasons: codes.map((Code) => ({ Code })),
        });
      },
    { name: "conflict", step: "deserialize", priority: "low", override: true },
  );
}
