// One flow through the log: the lines of a request, of the message that it causes, and those that the handlers log have
// the same ids; the metrics of both functions count it.

import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext, anSqsEvent, anSqsRecord, aPost } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { idempotency } from "../src/commit/idempotency.ts";
import { rows } from "../src/commit/rows.ts";
import { newId } from "../src/core/ids.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { log } from "../src/observe/log.ts";
import { consumer } from "../src/receive/consumer.ts";
import { endpoint } from "../src/receive/endpoint.ts";

const Told = messageType({ type: "tests.told.v1", schema: z.strictObject({ n: z.int() }), key: () => "all" });
const traceId = "0af7651916cd43dd8448eb211c80319c";

let world: World;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
  delete process.env.POWERTOOLS_SERVICE_NAME; // two functions in one process: each by its own name
});
afterAll(() => world.stop());

it("a request, its message and a duplicate of that share correlation and trace, and each is counted", async () => {
  const ask = endpoint(contract({ name: "ask", accepts: [Told], publishes: [Told] }))
    .use(idempotency({ evidence: rows() }))
    .handler(async ({ data }, unit) => {
      log("info", "ASKED");
      unit.publish(Told.from(data));
      return {};
    });
  const answer = consumer(contract({ name: "answer", accepts: [Told], publishes: [Told] }))
    .use(idempotency({ evidence: rows() }))
    .handler(async () => {
      log("info", "ANSWERED");
    });

  const asked = await linesOf(() => ask(aRequest(1), aContext()));
  const [row] = await world.items(world.output("OrderedOutboxTable"));
  const [body = ""] = (row?.messages ?? []) as string[];
  const context = aContext();
  const answered = await linesOf(() => answer(anSqsEvent(anSqsRecord(body)), context));
  const again = await linesOf(() => answer(anSqsEvent(anSqsRecord(body)), context));

  const [first = {}] = asked;
  const lines = [...asked, ...answered, ...again];
  expect(lines.map(({ service, code }) => [service, code])).toEqual([
    ["ask", "ASKED"],
    ["ask", "PROCESSED"],
    ["ask", "METRICS"],
    ["answer", "ANSWERED"],
    ["answer", "PROCESSED"],
    ["answer", "METRICS"],
    ["answer", "ANSWERED"],
    ["answer", "DUPLICATE"],
    ["answer", "METRICS"],
  ]);
  for (const line of lines.filter(({ code }) => code !== "METRICS")) {
    expect(line).toMatchObject({ correlation_id: first.correlation_id, trace_id: traceId });
    expect(line.messageId).toBe(line.service === "ask" ? first.messageId : JSON.parse(body).id);
  }
  expect(answered.map((line) => line.function_request_id)).toEqual(answered.map(() => context.awsRequestId));
  const metrics = lines.filter(({ code }) => code === "METRICS");
  expect(metrics).toMatchObject([{ Processed: 1 }, { Processed: 1 }, { DuplicateAbsorbed: 1 }]);
});

it("what a batch gives back is counted beside what it did", async () => {
  const answer = consumer(contract({ name: "answer", accepts: [Told], publishes: [Told] }))
    .use(idempotency({ evidence: rows() }))
    .handler(async ({ data }) => {
      if (data.n === 0) throw new Error("not yet");
    });
  const records = [0, 1, 2].map((n) => anSqsRecord(aBody(n)));
  const lines = await linesOf(() => answer(anSqsEvent(...records), aContext()));
  expect(lines.at(-1)).toMatchObject({ code: "METRICS", Processed: 2, Retried: 1, BatchItemFailures: 1 });
});

function aRequest(n: number) {
  return aPost({ n }, { "idempotency-key": newId(), traceparent: `00-${traceId}-b7ad6b7169203331-01` });
}

function aBody(n: number): string {
  return asciiJson(anEnvelope({ type: Told.type, data: { n } }));
}
