// Who the console answers, and whom not: hostile pages, no token, other methods, bodies that are none.

import { request } from "node:http";
import { foreignRequests } from "@essentially-once/testing/foreign-page";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Refusal } from "../../src/api/about.ts";
import { type ConsoleServer, startConsoleServer } from "../../src/server/server.ts";
import { asStage } from "../fixture/pulls.ts";
import { fixtureSource } from "../fixture/source.ts";

const size = { consumers: 3, messages: 20, deadLetters: 12 };
let server: ConsoleServer;
let readOnly: ConsoleServer;

beforeAll(async () => {
  server = await startConsoleServer({ source: fixtureSource(size) });
  const { trouble: _none, ...onlyRead } = fixtureSource(size, false);
  readOnly = await startConsoleServer({ source: onlyRead });
});
afterAll(async () => {
  await Promise.all([server.stop(), readOnly.stop()]);
});

describe("a page of another site", () => {
  test.each(Object.entries(foreignRequests).filter(([what]) => what !== "an address that is typed"))(
    "gets nothing and no grant, with or without the token: %s",
    async (_what, foreign) => {
      for (const authorization of [`Bearer ${server.token}`, undefined]) {
        for (const path of ["/", "/api/about"]) {
          const headers = { ...foreign.headers, ...(authorization && { authorization }) };
          const answered = await ask({ ...foreign, path: foreign.path ?? path, headers });
          expect(answered.status).toBe(403);
          expect(Object.keys(answered.headers).filter((name) => name.startsWith("access-control-"))).toEqual(
            [],
          );
        }
      }
    },
  );

  test("of another port of this machine is another site", async () => {
    const { port } = new URL(server.origin);
    for (const origin of [
      `http://127.0.0.1:${Number(port) + 1}`,
      "http://127.0.0.1",
      `https://127.0.0.1:${port}`,
    ]) {
      expect((await ask({ path: "/api/about", headers: { ...token(), origin } })).status).toBe(403);
    }
    const own = { ...token(), origin: server.origin, "sec-fetch-site": "same-origin" };
    expect((await ask({ path: "/api/about", headers: own })).status).toBe(200);
  });
});

describe("the token", () => {
  test.each([
    ["none", undefined],
    ["another", `Bearer ${"x".repeat(43)}`],
    ["the beginning of it", (right: string) => `Bearer ${right.slice(0, -1)}`],
    ["it without its scheme", (right: string) => right],
    ["a longer one", (right: string) => `Bearer ${right}x`],
  ])("%s is refused", async (_what, given) => {
    const authorization = typeof given === "function" ? given(server.token) : given;
    for (const path of ["/api/about", "/api/stream", "/api/nothing"]) {
      const answered = await ask({ path, headers: authorization === undefined ? {} : { authorization } });
      expect(answered.status).toBe(401);
      expect(answered.body).not.toContain(server.token);
    }
  });

  test("is in the fragment of the address, which no browser sends", () => {
    expect(new URL(server.address).hash).toBe(`#token=${server.token}`);
    expect(server.token.length).toBeGreaterThanOrEqual(43);
  });

  test("in the query is not one", async () => {
    expect((await ask({ path: `/api/about?token=${server.token}` })).status).toBe(401);
  });
});

test("the page is the same for all, has no secret, and may load from its own origin alone", async () => {
  const { status, headers, body } = await ask({ path: "/", headers: { "sec-fetch-site": "none" } });
  expect(status).toBe(200);
  expect(body).not.toContain(server.token);
  expect(body).not.toMatch(/https?:\/\//);
  const policy = String(headers["content-security-policy"]);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|data:|\*|https?:/);
  expect(headers).toMatchObject({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
  });
});

test.each([
  ["POST", "/", "GET"],
  ["POST", "/api/about", "GET"],
  ["DELETE", "/api/dead-letters", "GET"],
  ["GET", "/api/dead-letters/redrive", "POST"],
  ["PUT", "/api/trouble", "POST"],
  ["POST", "/api/stream", "GET"],
])("%s %s is refused, and the method that is allowed is named", async (method, path, allow) => {
  const answered = await ask({ path, method, headers: token() });
  expect({ status: answered.status, allow: answered.headers.allow }).toEqual({ status: 405, allow });
});

test.each([
  "/api/constructor",
  "/api/__proto__",
  "/api/dead-letters/../about/x",
  "/.env",
  "/page.js/../../package.json",
])("%s is not there", async (path) => {
  expect((await ask({ path, headers: token() })).status).toBe(404);
});

describe("a body", () => {
  const redrive = "/api/dead-letters/redrive";
  const right = JSON.stringify({ selection: { all: true }, dryRun: true });

  test("of another type is refused: a form of a page could send it", async () => {
    const headers = { ...token(), "content-type": "text/plain" };
    expect((await ask({ path: redrive, method: "POST", headers, body: right })).status).toBe(415);
  });

  test("that is too long is refused before it is read to its end", async () => {
    const body = JSON.stringify({ ...JSON.parse(right), padding: "x".repeat(5 * 2 ** 20) });
    expect((await post(redrive, body).catch(() => ({ status: 413 }))).status).toBe(413);
  });

  test.each([
    ["{", ""],
    ["null", ""],
    ['{"selection":{"all":true}}', "/dryRun"],
    ['{"selection":{},"dryRun":true}', "/selection"],
    ['{"selection":{"all":true,"keys":["a"]},"dryRun":true}', "/selection"],
    ['{"selection":{"all":true},"dryRun":true,"rate":9}', ""],
    ['{"selection":{"all":true},"dryRun":"false"}', "/dryRun"],
    ['{"__proto__":{"dryRun":true},"selection":{"all":true}}', "/dryRun"],
  ])("that does not fit is refused with the place: %s", async (body, place) => {
    const answered = await post(redrive, body);
    const { error, fields = [] } = JSON.parse(answered.body) as Refusal;
    expect({ status: answered.status, said: error !== "" }).toEqual({ status: 400, said: true });
    if (place !== "") expect(fields.map(({ path }) => path)).toContain(place);
  });

  test.each(["redrive", "discard"])("G6: to %s a group without its dry run is refused", async (verb) => {
    const body = { selection: { group: "ReserveCredit" }, dryRun: false, because: "test" };
    const answered = await post(`/api/dead-letters/${verb}`, JSON.stringify(body));
    expect(answered.status).toBe(400);
    expect(JSON.parse(answered.body).fields).toContainEqual(expect.objectContaining({ path: "/job" }));
  });

  test("with a reason to discard is asked for", async () => {
    const body = JSON.stringify({ selection: { all: true }, dryRun: true, because: "  " });
    expect(JSON.parse((await post("/api/dead-letters/discard", body)).body).fields).toMatchObject([
      { path: "/because" },
    ]);
  });
});

describe("a console that only reads", () => {
  test.each([
    ["redrive", { selection: { all: true } }, { job: "job-1" }],
    ["discard", { selection: { all: true }, because: "test" }, { job: "job-2", because: "test" }],
    ["edit", { key: "key-1", data: '{"total":1}' }, { key: "key-1", data: '{"total":1}' }],
  ])("%s: a dry run is allowed, a change is not, and how to allow it is said", async (verb, asked, run) => {
    const path = `/api/dead-letters/${verb}`;
    expect((await post(path, JSON.stringify({ ...asked, dryRun: true }), readOnly)).status).toBe(200);
    const refused = await post(path, JSON.stringify({ ...run, dryRun: false }), readOnly);
    expect(refused.status).toBe(403);
    expect(refused.body).toContain("--allow-changes");
  });

  test("pauses and resumes nobody", async () => {
    const consumer = "ReserveCredit";
    for (const [path, body] of [
      ["/api/consumers/pause", { consumer, because: "the bank is down" }],
      ["/api/consumers/resume", { consumer }],
    ] as const) {
      const refused = await post(path, JSON.stringify(body), readOnly);
      expect(refused.status).toBe(403);
      expect(refused.body).toContain("--allow-changes");
      expect((await post(path, JSON.stringify(body))).status).toBe(200);
    }
  });

  test("makes no trouble", async () => {
    const kill = JSON.stringify({ what: "kill", functionPath: "Credit/ReserveCredit/Function" });
    expect((await post("/api/trouble", kill, readOnly)).status).toBe(403);
    expect((await ask({ path: "/api/forms", headers: token(readOnly) }, readOnly)).status).toBe(403);
  });
});

test("a pause needs a reason", async () => {
  for (const because of [undefined, "", "  ", "x".repeat(501)]) {
    const answered = await post(
      "/api/consumers/pause",
      JSON.stringify({ consumer: "ReserveCredit", because }),
    );
    expect(answered.status).toBe(400);
    expect(answered.body).toContain("/because");
  }
});

describe("a run of a dead letter on this machine", () => {
  const begin = JSON.stringify({ key: "key-1", inspect: false });

  test("is of a stage alone, and a console that only reads may begin it, too", async () => {
    expect((await post("/api/pull/begin", begin)).status).toBe(403);
    const stage = await startConsoleServer({ source: asStage(fixtureSource(size, false)) });
    const { status, body } = await post("/api/pull/begin", begin, stage);
    expect(status).toBe(200);
    const { id } = JSON.parse(body);
    const run = async (more = "") =>
      (await ask({ path: `/api/pull?id=${id}${more}`, headers: token(stage) }, stage)).body;
    await expect.poll(() => run()).toContain("acknowledged");
    expect(await run()).not.toContain("990");
    expect(await run("&values=true")).toContain("990");
    expect((await post("/api/pull/stop", JSON.stringify({ id }), stage)).status).toBe(200);
    expect((await post("/api/pull/stop", JSON.stringify({ id: "none" }), stage)).status).toBe(404);
    expect((await post("/api/pull/begin", '{"key":"key-1"}', stage)).status).toBe(400);
    await stage.stop();
  });
});

test("a parameter that is too long, or no number, is refused", async () => {
  expect((await ask({ path: `/api/search?q=${"x".repeat(3_000)}`, headers: token() })).status).toBe(400);
  expect((await ask({ path: "/api/dead-letters/list?after=-1", headers: token() })).status).toBe(400);
  expect((await ask({ path: "/api/message", headers: token() })).status).toBe(400);
  expect((await ask({ path: "/api/message?id=nobody", headers: token() })).status).toBe(404);
});

test("a payload is in no answer unless it is asked for", async () => {
  const secretOf = async (path: string) => (await ask({ path, headers: token() })).body.includes("***");
  expect(await secretOf("/api/dead-letters/list")).toBe(false);
  expect(await secretOf("/api/dead-letters/open?key=key-1")).toBe(false);
  expect(await secretOf("/api/dead-letters/open?key=key-1&payload=true")).toBe(true);
});

interface Sent {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function token({ token: text } = server): Record<string, string> {
  return { authorization: `Bearer ${text}` };
}

function post(path: string, body: string, to = server) {
  const headers = { ...token(to), "content-type": "application/json" };
  return ask({ path, method: "POST", headers, body }, to);
}

/** Raw: `fetch` would write some of these headers itself. */
function ask({ path, method = "GET", headers = {}, body }: Sent, to = server) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>(
    (resolve, reject) => {
      const onward = request(to.origin, { path, method, headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        answer.once("end", () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
        );
      });
      onward.once("error", reject);
      onward.end(body);
    },
  );
}
