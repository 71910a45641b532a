// Powertools' real Logger and Metrics in the place of the kit's: one log, one set of metrics.
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { injectFaults } from "@essentially-once/testing/faults";
import { type Line, linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { rows } from "../src/commit/rows.ts";
import { newId } from "../src/core/ids.ts";
import { metricNamespace } from "../src/core/metric-names.ts";
import { RetryLater } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { log } from "../src/observe/log.ts";
import { consumer } from "../src/receive/consumer.ts";
import { observed } from "../src/receive/observed.ts";
import { powertools } from "../src/receive/powertools.ts";

const Told = messageType({ type: "tests.told.v1", schema: z.strictObject({ n: z.int() }), key: () => "all" });

let world: World;
let namespace: string;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
  namespace = process.env.POWERTOOLS_METRICS_NAMESPACE ?? metricNamespace;
  process.env.POWERTOOLS_SERVICE_NAME = "told";
});
afterAll(() => world.stop());

describe("a Logger", () => {
  it("writes all lines of the function, with the ids and codes that they have without it", async () => {
    const [asBuiltIn, byLogger] = [
      await troubles([]),
      await troubles([powertools({ logger: new Logger() })]),
    ];
    const known = (lines: Line[]) =>
      lines.map(({ code, level, service, type, reasonCode, errorCode, receiveCount, consumer: name }) => {
        return { code, level, service, type, reasonCode, errorCode, receiveCount, consumer: name };
      });
    expect(known(byLogger)).toEqual(known(asBuiltIn));
    expect(byLogger.map(({ code }) => code)).toEqual(
      expect.arrayContaining(["ATTEMPTS_UNAVAILABLE", "PARKED", "RETRY_LATER", "DUPLICATE", "PROCESSED"]),
    );
    for (const [index, line] of byLogger.entries()) {
      const ids = Object.keys(asBuiltIn[index] ?? {}).filter((name) =>
        /Id$|_id$|cold_start|source/.test(name),
      );
      expect(Object.keys(line)).toEqual(expect.arrayContaining(ids));
      if (line.code !== "METRICS") expect(line).toMatchObject({ message: line.code });
    }
  });

  it("has the ids of its message in a handler's own lines and its children's, also side by side", async () => {
    const logger = new Logger();
    const child = logger.createChild();
    const handler = consumer(contract({ name: "told", accepts: [Told] }))
      .use(powertools({ logger }))
      .handler(async ({ id, correlationid }) => {
        await new Promise(setImmediate);
        logger.info("first", { of: id, flow: correlationid });
        logger.createChild().info("second", { of: id, flow: correlationid });
        child.info("made before it was known", { of: id, flow: correlationid });
      });
    const context = aContext();
    const event = anSqsEvent(...[1, 2, 3].map((n) => anSqsRecord(aBody(n))));
    const lines = (await linesOf(() => handler(event, context))).filter(({ of }) => of !== undefined);
    expect(lines).toHaveLength(9);
    for (const line of lines.filter(({ message }) => message !== "made before it was known")) {
      expect(line).toMatchObject({ messageId: line.of, correlation_id: line.flow, service: "told" });
      expect(line).toMatchObject({ function_request_id: context.awsRequestId, type: Told.type });
    }
  });

  it("decides which levels are written, and a line that is not is counted all the same", async () => {
    const logger = new Logger({ logLevel: "SILENT" });
    const handler = observed("told", [powertools({ logger })], async () => log("error", "TOLD"));
    expect(await linesOf(() => handler({}, aContext()))).toMatchObject([{ ErrorsLogged: 1 }]);
  });

  it("writes what it buffered when something goes wrong in the same invocation, and in no other", async () => {
    process.env._X_AMZN_TRACE_ID =
      "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=0";
    const logger = new Logger({ logLevel: "DEBUG", logBufferOptions: { enabled: true } });
    const handler = observed("told", [powertools({ logger })], async (level: "debug" | "error") =>
      log(level, level === "debug" ? "DETAIL" : "TROUBLE"),
    );
    const lines = await linesOf(async () => {
      await handler("debug", aContext());
      await handler("error", aContext());
    });
    delete process.env._X_AMZN_TRACE_ID;
    expect(lines.map(({ code }) => code)).toEqual(["TROUBLE", "METRICS"]);
  });
});

describe("Metrics", () => {
  it("are one blob an invocation where alarms look for it, with the handler's own and the messages they count", async () => {
    const metrics = new Metrics();
    const handler = consumer(contract({ name: "told", accepts: [Told] }))
      .use(powertools({ metrics }))
      .handler(async ({ data }) => void metrics.addMetric("told", "Count", data.n));
    const bodies = Array.from({ length: 150 }, (_, n) => aBody(n % 2));
    const event = anSqsEvent(...bodies.slice(0, 90).map((body) => anSqsRecord(body)));
    const context = aContext();
    const [blob = {}, ...more] = (await linesOf(() => handler(event, context))).filter(({ _aws }) => _aws);
    expect(more).toEqual([]);
    expect(blob).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [["service"]] }] },
      service: "told",
      code: "METRICS",
      function_request_id: context.awsRequestId,
      Processed: 90, // one number, as the kit's own: Powertools would publish early at a hundred values
      told: expect.arrayContaining([0, 1]),
    });
    const ids = (blob.messages as Line[]).map(({ messageId }) => messageId);
    expect(ids.sort()).toEqual(
      bodies
        .slice(0, 90)
        .map((body) => JSON.parse(body).id)
        .sort(),
    );
  });

  it("G11: name at most a hundred messages, and count all", async () => {
    const handler = consumer(contract({ name: "told", accepts: [Told] }))
      .use(powertools({ metrics: new Metrics() }))
      .handler(async () => undefined);
    const event = anSqsEvent(...Array.from({ length: 130 }, () => anSqsRecord(aBody(1))));
    const blob = (await linesOf(() => handler(event, aContext()))).at(-1);
    expect(blob?.Processed).toBe(130);
    expect(blob?.messages).toHaveLength(100);
  });

  it("of a handler that adds dimensions are a blob of their own, for ours must be found without them", async () => {
    const metrics = new Metrics();
    const handler = consumer(contract({ name: "told", accepts: [Told] }))
      .use(powertools({ metrics }))
      .handler(async () => void metrics.addDimension("shop", "north").addMetric("told", "Count", 1));
    const lines = await linesOf(() => handler(anSqsEvent(anSqsRecord(aBody(1))), aContext()));
    const blobs = lines.flatMap(
      ({ _aws }) => (_aws as { CloudWatchMetrics: unknown[] })?.CloudWatchMetrics ?? [],
    );
    expect(blobs).toMatchObject([
      { Dimensions: [["service", "shop"]], Metrics: [{ Name: "told" }] },
      { Dimensions: [["service"]], Metrics: [{ Name: "Processed" }] },
    ]);
  });

  it("of a handler that sets dimensions for good leave ours where they are", async () => {
    const metrics = new Metrics();
    const handler = consumer(contract({ name: "told", accepts: [Told] }))
      .use(powertools({ metrics }))
      .handler(async () => void metrics.setDefaultDimensions({ shop: "north" }));
    const blob = (await linesOf(() => handler(anSqsEvent(anSqsRecord(aBody(1))), aContext()))).at(-1);
    expect(blob).toMatchObject({
      Processed: 1,
      _aws: { CloudWatchMetrics: [{ Dimensions: [["service"]] }] },
    });
  });

  it.each<[string, (metrics: Metrics) => unknown]>([
    ["is counted in another unit", (metrics) => metrics.addMetric("Processed", "Seconds", 1)],
    [
      "is metadata and a dimension",
      (metrics) => metrics.addDimension("Processed", "yes").addMetric("Processed", "Count", 1),
    ],
  ])("that clash with ours give no message back: our name %s", async (_what, clash) => {
    const metrics = new Metrics();
    const handler = consumer(contract({ name: "told", accepts: [Told] }))
      .use(powertools({ metrics }))
      .handler(async () => void clash(metrics));
    let answer: unknown;
    const lines = await linesOf(async () => {
      answer = await handler(anSqsEvent(anSqsRecord(aBody(1))), aContext());
    });
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(lines.map(({ code }) => code)).toEqual(["PROCESSED", "METRICS_REFUSED", "METRICS"]);
    expect(lines.at(-1)).toMatchObject({ Processed: 1, ErrorsLogged: 1 });
  });

  it.each([
    ["another namespace", { namespace: "Elsewhere" }],
    ["another service", { serviceName: "other" }],
    ["another dimension", { defaultDimensions: { shop: "north" } }],
  ])("with %s are refused when the function is made: no alarm would find them", (_what, options) => {
    const built = consumer(contract({ name: "told", accepts: [Told] })).use(
      powertools({ metrics: new Metrics(options) }),
    );
    expect(() => built.handler(async () => undefined)).toThrow(
      /^metrics must use the namespace and dimensions of the alarms, \{/,
    );
  });
});

/** What goes wrong inside and outside of the middlewares of a message. */
async function troubles(middlewares: ReturnType<typeof powertools>[]): Promise<Line[]> {
  const handler = consumer(contract({ name: "told", accepts: [Told] }))
    .use(middlewares)
    .use(idempotency({ evidence: rows() }))
    .handler(async ({ data }) => {
      if (data.n === 0) throw new RetryLater("NOT_YET", 1);
    });
  const done = aBody(1);
  return linesOf(async () => {
    await handler(anSqsEvent(anSqsRecord(done)), aContext());
    await handler(anSqsEvent(anSqsRecord(done, { receiveCount: 2 })), aContext());
    const faults = injectFaults(dynamodb(), { command: "PutItemCommand", moment: "before" });
    await handler(anSqsEvent(anSqsRecord(aBody(0))), aContext());
    faults.remove();
    await handler(anSqsEvent(anSqsRecord(aBody(0), { receiveCount: 99 })), aContext());
    await handler(anSqsEvent(anSqsRecord(`not JSON ${newId()}`)), aContext());
  });
}

function aBody(n: number): string {
  return asciiJson(anEnvelope({ type: Told.type, data: { n } }));
}
