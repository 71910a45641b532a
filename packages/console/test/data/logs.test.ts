// What a stage's logs tell of a message, asked over HTTP as the SDK asks CloudWatch Logs.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loggedSteps } from "../../src/data/logs/logged-steps.ts";
import type { SeenMessage } from "../../src/data/seen/message-index.ts";

type Answer = (input: Record<string, unknown>) => { status?: number; body: unknown };

let client: CloudWatchLogsClient;
let answers: Record<string, Answer>;
let asked: { target: string; input: Record<string, unknown> }[];
let close: () => void;

beforeEach(async () => {
  asked = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const target = String(request.headers["x-amz-target"]).split(".").at(-1) ?? "";
    const input = JSON.parse(text);
    asked.push({ target, input });
    const { status = 200, body } = answers[target]?.(input) ?? { status: 400, body: {} };
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  client = new CloudWatchLogsClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
  close = () => {
    client.destroy();
    server.close();
  };
});
afterEach(() => close());

test("its lines become deliveries, in their words; the query is asked once", async () => {
  let looks = 0;
  answers = {
    StartQuery: () => ({ body: { queryId: "q-1" } }),
    GetQueryResults: () => {
      looks += 1;
      if (looks === 1) return { body: { status: "Running", results: [] } };
      const lines = [
        { code: "RETRY_LATER", errorCode: "LEASE_HELD", retryAfterSeconds: 15, receiveCount: 1 },
        { code: "PROCESSED", receiveCount: 2 },
        { code: "SOMETHING_ELSE" },
      ];
      return { body: { status: "Complete", results: lines.map(lineOf) } };
    },
  };
  const logged = loggedSteps({ client, groups: async () => ["group"], pauseMs: 1 });
  const { steps } = await logged(aMessage("m-1"));
  expect(steps).toMatchObject([
    {
      at: "2026-01-01T00:00:01.000Z",
      end: "retried",
      code: "LEASE_HELD",
      retryAfterSeconds: 15,
      receiveCount: 1,
    },
    { end: "processed", receiveCount: 2, told: "logs", environment: "abcdef12" },
  ]);
  await logged(aMessage("m-1"));
  const starts = asked.filter(({ target }) => target === "StartQuery");
  expect(starts).toHaveLength(1);
  expect(starts[0]?.input).toMatchObject({
    logGroupNames: ["group"],
    queryString: expect.stringContaining('messageId = "m-1"'),
    startTime: Date.parse("2025-12-31T23:00:00Z") / 1_000,
  });
});

test("without permission it says so, and asks again the next time", async () => {
  answers = {
    StartQuery: () => ({ status: 400, body: { __type: "AccessDeniedException", message: "no" } }),
  };
  const logged = loggedSteps({ client, groups: async () => ["group"] });
  for (const _time of [1, 2]) {
    expect(await logged(aMessage("m-1"))).toEqual({
      steps: [],
      missing: [expect.stringContaining("AccessDeniedException")],
    });
  }
  expect(asked).toHaveLength(2);
});

test.each(['" | filter 1=1', "a\\", "a\nb", "x".repeat(600)])(
  "an id that could change the query is not asked for: %j",
  async (id) => {
    answers = {};
    const { missing } = await loggedSteps({ client, groups: async () => ["group"] })(aMessage(id));
    expect(missing).toEqual(["Its id cannot be searched for in the logs."]);
    expect(asked).toEqual([]);
  },
);

test("G11: a query that does not end is left after a while, with what is missing", async () => {
  answers = {
    StartQuery: () => ({ body: { queryId: "q-1" } }),
    GetQueryResults: () => ({ body: { status: "Running", results: [] } }),
  };
  let now = Date.parse("2026-01-02T00:00:00Z");
  const logged = loggedSteps({
    client,
    groups: async () => ["group"],
    pauseMs: 0,
    now: () => {
      now += 5_000;
      return now;
    },
  });
  expect((await logged(aMessage("m-1"))).missing).toContain("Not all lines of the logs are here.");
});

function lineOf(fields: Record<string, unknown>) {
  const message = JSON.stringify({ messageId: "m-1", source: "/tests", service: "note-taker", ...fields });
  return [
    { field: "@timestamp", value: "2026-01-01 00:00:01.000" },
    { field: "@message", value: message },
    { field: "@logStream", value: "2026/01/01/[$LATEST]00000000abcdef12" },
  ];
}

function aMessage(id: string): SeenMessage {
  return {
    fields: { id, source: "/tests", type: "t", time: "2026-01-01T00:00:00Z" },
    deliveries: [],
  };
}
