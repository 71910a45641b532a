// One flow through all three Powertools, as AWS receives it: the log lines, the metrics blobs, and the segments that
// the X-Ray SDK sends to its daemon, for a request and for the message that it causes.
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { anXRayDaemon, type XRayDaemon } from "@essentially-once/testing/an-x-ray-daemon";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aJournalMessage, inSeconds } from "@essentially-once/testing/journal-world";
import { aContext, anSqsEvent, anSqsRecord, aPost } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { idempotency } from "../src/commit/idempotency.ts";
import { rows } from "../src/commit/rows.ts";
import { newId } from "../src/core/ids.ts";
import { Park } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { activeTracer } from "../src/observe/subsegment.ts";
import { journal } from "../src/pull/journal.ts";
import { projection } from "../src/pull/projection.ts";
import { consumer } from "../src/receive/consumer.ts";
import { endpoint } from "../src/receive/endpoint.ts";
import { powertools } from "../src/receive/powertools.ts";

const Told = messageType({ type: "tests.told.v1", schema: z.strictObject({ n: z.int() }), key: () => "all" });
const traceId = "0af7651916cd43dd8448eb211c80319c";
const invocation = { root: "1-67891233-abcdef012345678912345678", parent: "53995c3f42cd8ad8" };

let world: World;
let daemon: XRayDaemon;
let tracer: Awaited<ReturnType<typeof activeTracer>>;

beforeAll(async () => {
  [world, daemon] = await Promise.all([aWorld(), anXRayDaemon()]);
  world.enter("Standard/");
  delete process.env.POWERTOOLS_SERVICE_NAME; // two functions in one process: each by its own name
  Object.assign(process.env, {
    AWS_XRAY_DAEMON_ADDRESS: daemon.address,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    LAMBDA_TASK_ROOT: process.cwd(),
    POWERTOOLS_TRACE_ENABLED: "true",
  });
  tracer = await activeTracer();
});
beforeEach(() => sampled("1"));
afterAll(() => Promise.all([world.stop(), daemon.stop()]));

it("a request and its message share correlation and trace in lines, metrics and traces", async () => {
  const logger = new Logger({ serviceName: "ask" });
  const ask = endpoint(contract({ name: "ask", accepts: [Told], publishes: [Told] }))
    .use(powertools({ logger, metrics: new Metrics({ serviceName: "ask" }), tracer }))
    .use(idempotency({ evidence: rows() }))
    .handler(async ({ data }, unit) => {
      logger.info("asked");
      unit.publish(Told.from(data));
      return {};
    });
  const asked = await linesOf(() => ask(aRequest(1), aContext()));
  const [row] = await world.items(world.output("OrderedOutboxTable"));
  const [body = ""] = (row?.messages ?? []) as string[];
  const context = aContext();
  const answered = await linesOf(() => answering()(anSqsEvent(anSqsRecord(body)), context));
  const documents = await daemon.documents(2);

  const [first = {}] = asked;
  expect([...asked, ...answered].map(({ service, message, code }) => [service, message, code])).toEqual([
    ["ask", "asked", undefined],
    ["ask", "PROCESSED", "PROCESSED"],
    ["ask", undefined, "METRICS"],
    ["answer", "answered", undefined],
    ["answer", "PROCESSED", "PROCESSED"],
    ["answer", undefined, "METRICS"],
  ]);
  const flow = { correlation_id: first.correlation_id, trace_id: traceId };
  const hops = [
    { service: "ask", lines: asked, ids: { ...flow, messageId: first.messageId } },
    { service: "answer", lines: answered, ids: { ...flow, messageId: JSON.parse(body).id } },
  ];
  expect(flow.correlation_id).toBe(JSON.parse(body).correlationid);
  for (const [hop, { service, lines, ids }] of hops.entries()) {
    const [metrics = {}] = lines.splice(-1);
    for (const line of lines) expect(line).toMatchObject(ids);
    expect(metrics).toMatchObject({ service, Processed: 1, messages: [ids] });
    expect(documents[hop]).toMatchObject({
      name: `## ${service}`,
      annotations: ids,
      trace_id: invocation.root,
      parent_id: invocation.parent,
    });
    expect(documents[hop]).not.toHaveProperty("fault");
    expect(documents[hop]).not.toHaveProperty("metadata");
  }
  expect(new Set(answered.map((line) => line.function_request_id))).toEqual(new Set([context.awsRequestId]));
});

it("a projection says of each record what it took effect in, and of the one that stops it why", async () => {
  world.enter("Pulled/Pulled");
  delete process.env.POWERTOOLS_SERVICE_NAME;
  const log = journal({ name: `told-${newId()}`, partitions: 1 });
  const journalMessages = [1, 2].map((n) => aJournalMessage({ type: Told.type, data: { n } }));
  await log.append(journalMessages, inSeconds(10));
  const serviceName = "pull";
  const [logger, metrics] = [new Logger({ serviceName }), new Metrics({ serviceName })];
  const table = world.output("PulledTable");
  const pull = projection(contract({ name: serviceName, accepts: [Told] }), { journal: log, table })
    .use(powertools({ logger, metrics, tracer }))
    .handler(async ({ data }) => {
      if (data.n === 2) throw new Park("SECOND", "canary");
    });
  const lines = await linesOf(() => expect(pull({}, aContext())).rejects.toThrow("stopped"));
  const documents = await daemon.documents(2);
  expect(lines.map(({ message, code }) => [message, code])).toEqual([
    ["PULL_STOPPED", "PULL_STOPPED"],
    [undefined, "METRICS"],
  ]);
  const [first, second] = journalMessages.map(({ envelope }) => envelope.id);
  expect(lines.at(-1)).toMatchObject({ Processed: 1, messages: [{ messageId: first }] });
  expect(documents).toMatchObject([
    { name: "## pull", annotations: { messageId: first } },
    { name: "## pull", annotations: { messageId: second }, cause: { exceptions: [{ type: "SECOND" }] } },
  ]);
  expect(JSON.stringify(documents)).not.toContain("canary");
});

describe("messages side by side", () => {
  it("have subsegments of their own, in any order of ends, with the subsegments of their calls inside", async () => {
    const [second, first] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const handler = consumer(contract({ name: "answer", accepts: [Told], publishes: [Told] }))
      .use(powertools({ tracer }))
      .handler(async ({ data }, _unit, { traced }) => {
        if (data.n === 2) second.resolve(); // both have begun
        await second.promise;
        tracer?.putAnnotation("n", data.n);
        await traced("shop", () => (data.n === 1 ? first.promise : Promise.resolve()));
        if (data.n === 2) setImmediate(first.resolve); // the second ends while the first is at its call
      });
    const event = anSqsEvent(...[1, 2].map((n) => anSqsRecord(aBody(n))));
    await linesOf(() => handler(event, aContext()));
    const documents = (await daemon.documents(4)).map(({ name, annotations, namespace, ...ids }) => ({
      name,
      n: annotations?.n,
      namespace,
      ...ids,
    }));
    const [ofSecond, callOfSecond] = [documents.find(({ n }) => n === 2), documents[0]];
    const [ofFirst, callOfFirst] = [documents.find(({ n }) => n === 1), documents[2]];
    expect(documents.map(({ name }) => name)).toEqual(["shop", "## answer", "shop", "## answer"]);
    expect([callOfSecond?.parent_id, callOfFirst?.parent_id]).toEqual([ofSecond?.id, ofFirst?.id]);
    expect([ofSecond?.parent_id, ofFirst?.parent_id]).toEqual([invocation.parent, invocation.parent]);
    expect(callOfFirst?.namespace).toBe("remote");
    expect(documents.filter((document) => document.in_progress)).toEqual([]);
  });

  it("of a whole batch are children of the invocation, also those that waited for a worker", async () => {
    const messages = Array.from({ length: 25 }, (_, n) => aBody(n));
    await linesOf(() => answering()(anSqsEvent(...messages.map((body) => anSqsRecord(body))), aContext()));
    const documents = await daemon.documents(messages.length);
    expect(new Set(documents.map(({ parent_id }) => parent_id))).toEqual(new Set([invocation.parent]));
    const ids = documents.map(({ annotations }) => annotations?.messageId).sort();
    expect(ids).toEqual(messages.map((body) => JSON.parse(body).id).sort());
  });
});

it.each([
  ["an error of foreign code", () => new TypeError("secret 7Q3z"), "TypeError"],
  ["what is no error", () => ({ secret: "7Q3z" }), "object"],
])("a subsegment that ends with %s has its class and not its text", async (_what, error, code) => {
  const handler = consumer(contract({ name: "answer", accepts: [Told], publishes: [Told] }))
    .use(powertools({ tracer }))
    .handler(async () => {
      throw error();
    });
  await linesOf(() => handler(anSqsEvent(anSqsRecord(aBody(0))), aContext()));
  const [document] = await daemon.documents(1);
  expect(document?.fault).toBe(true);
  expect(document?.cause?.exceptions).toMatchObject([{ type: code, message: code, stack: [] }]);
  expect(JSON.stringify(document)).not.toContain("7Q3z");
});

it.each([
  ["Sampled=0", "0"],
  ["no trace of the invocation", undefined],
])("nothing is sent with %s, and the work is done", async (_what, flag) => {
  sampled(flag);
  const lines = await linesOf(() => answering()(anSqsEvent(anSqsRecord(aBody(0))), aContext()));
  expect(lines.at(-1)).toMatchObject({ Processed: 1 });
  sampled("1");
  const next = aBody(1);
  await linesOf(() => answering()(anSqsEvent(anSqsRecord(next)), aContext()));
  const sent = (await daemon.documents(1)).map(({ annotations }) => annotations?.messageId);
  expect(sent).toEqual([JSON.parse(next).id]);
});

function answering() {
  const logger = new Logger({ serviceName: "answer" });
  return consumer(contract({ name: "answer", accepts: [Told], publishes: [Told] }))
    .use(powertools({ logger, metrics: new Metrics({ serviceName: "answer" }), tracer }))
    .use(idempotency({ evidence: rows() }))
    .handler(async () => logger.info("answered"));
}

function sampled(flag: string | undefined): void {
  if (flag === undefined) delete process.env._X_AMZN_TRACE_ID;
  else process.env._X_AMZN_TRACE_ID = `Root=${invocation.root};Parent=${invocation.parent};Sampled=${flag}`;
}

function aRequest(n: number) {
  return aPost({ n }, { "idempotency-key": newId(), traceparent: `00-${traceId}-b7ad6b7169203331-01` });
}

function aBody(n: number): string {
  return asciiJson(anEnvelope({ type: Told.type, data: { n } }));
}
