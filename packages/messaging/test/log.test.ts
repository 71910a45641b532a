import { Logger } from "@aws-lambda-powertools/logger";
import { aTracedEnvelope, linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext } from "@essentially-once/testing/lambda";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let fresh: {
  log: typeof import("../src/observe/log.ts").log;
  observed: typeof import("../src/receive/observed.ts").observed;
  aboutMessage: typeof import("../src/observe/scope.ts").aboutMessage;
};

beforeEach(load);
afterEach(() => vi.unstubAllEnvs());

describe("a line of the log", () => {
  const context = aContext();
  const message = aTracedEnvelope();

  it("says to which message of which invocation it belongs, also when several are worked on at once", async () => {
    const { log, observed, aboutMessage } = fresh;
    const handler = observed("tested", [], async (ids: readonly string[]) => {
      await Promise.all(
        ids.map((id) =>
          aboutMessage({ ...message, id }, async () => {
            await new Promise(setImmediate);
            log("info", "SEEN", { of: id });
          }),
        ),
      );
    });
    const lines = await linesOf(() => handler(["m-1", "m-2", "m-3"], context));
    expect(lines.map(({ messageId, of }) => [messageId, of])).toEqual([
      ["m-1", "m-1"],
      ["m-2", "m-2"],
      ["m-3", "m-3"],
    ]);
    expect(lines[0]).toEqual({
      level: "INFO",
      code: "SEEN",
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      service: "tested",
      cold_start: true,
      function_request_id: context.awsRequestId,
      messageId: "m-1",
      source: message.source,
      type: message.type,
      correlation_id: message.correlationid,
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      of: "m-1",
    });
  });

  it("is of a cold start once a process", async () => {
    const handler = fresh.observed("tested", [], async () => fresh.log("info", "SEEN"));
    const lines = await linesOf(async () => {
      await handler({}, context);
      await handler({}, context);
    });
    expect(lines.map(({ cold_start }) => cold_start)).toEqual([true, false]);
  });

  it("has the names and values that a line of Powertools' Logger has", async () => {
    vi.stubEnv("POWERTOOLS_SERVICE_NAME", "tested");
    vi.stubEnv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    await load();
    const written: Record<string, unknown>[] = [];
    const logger = new Logger();
    logger.addContext(context);
    logger.setCorrelationId(message.correlationid);
    Object.assign(logger, { console: { info: (line: string) => written.push(JSON.parse(line)) } });
    logger.info("hello");
    const handler = fresh.observed("another", [], async () =>
      fresh.aboutMessage(message, () => fresh.log("info", "HELLO")),
    );
    const [line = {}] = await linesOf(() => handler({}, context));
    const [theirs = {}] = written;
    const shared = Object.keys(theirs).filter((name) => name in line && name !== "timestamp");
    expect(shared.sort()).toEqual([
      "cold_start",
      "correlation_id",
      "function_request_id",
      "level",
      "service",
    ]);
    for (const name of shared) expect(line[name]).toEqual(theirs[name]);
  });

  it.each([
    ["WARN", ["WARN", "ERROR"]],
    ["error", ["ERROR"]],
    ["SILENT", []],
    ["DEBUG", ["DEBUG", "INFO", "WARN", "ERROR"]],
    ["a typing error", ["INFO", "WARN", "ERROR"]],
    ["", ["INFO", "WARN", "ERROR"]],
    [undefined, ["INFO", "WARN", "ERROR"]],
  ])("is written at POWERTOOLS_LOG_LEVEL %s and above", async (level, expected) => {
    vi.stubEnv("POWERTOOLS_LOG_LEVEL", level);
    await load();
    const lines = await linesOf(async () => {
      for (const each of ["debug", "info", "warn", "error"] as const) fresh.log(each, "SAID");
    });
    expect(lines.map((line) => line.level)).toEqual(expected);
  });
});

it("G11: a line has at most 1,000 characters of a text", async () => {
  const [line] = await linesOf(async () =>
    fresh.log("info", "SAID", {
      id: "a".repeat(1_000),
      detail: "b".repeat(1_001),
      ids: Array(1_001).fill("c"),
      count: 2,
    }),
  );
  expect(line).toMatchObject({
    id: "a".repeat(1_000),
    detail: `${"b".repeat(1_000)}…`,
    ids: Array(1_001).fill("c"),
    count: 2,
  });
});

/** As in a process that has just started. */
async function load(): Promise<void> {
  vi.resetModules();
  fresh = {
    ...(await import("../src/observe/log.ts")),
    ...(await import("../src/receive/observed.ts")),
    ...(await import("../src/observe/scope.ts")),
  };
}
