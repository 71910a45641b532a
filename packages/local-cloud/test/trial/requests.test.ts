import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { noteRequests } from "../../src/trial/look/requests-by-hand.ts";
import { post, type TrialRequest } from "../../src/trial/send/requests.ts";

let server: Server | undefined;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

test("asks again, with the same key, while the fault is the service's or nothing is known", async () => {
  const keys: unknown[] = [];
  const url = await serve((key, turn) => {
    keys.push(key);
    return turn === 1 ? 500 : turn === 2 ? "hang up" : 201;
  });
  const [answered] = await post(url, [request("k-1")]);
  expect(answered).toEqual({ key: "k-1", answers: [{ orderId: "order-of-k-1" }], requests: 3 });
  expect(keys).toEqual(["k-1", "k-1", "k-1"]);
});

test("does not repeat what the service refused", async () => {
  const url = await serve(() => 400);
  const [answered] = await post(url, [request("k-1")]);
  expect(answered).toMatchObject({
    answers: [],
    requests: 1,
    failure: expect.stringContaining("HTTP 400"),
  });
});

test("asks twice on purpose, and holds both answers to be the same", async () => {
  const url = await serve(() => 201);
  const [answered] = await post(url, [{ ...request("k-1"), repeats: 1 }]);
  expect(answered).toEqual({ key: "k-1", answers: [{ orderId: "order-of-k-1" }], requests: 2 });
});

test("holds every different answer to a key: one that is new is a second effect", async () => {
  const url = await serve((_key, turn) => (turn === 1 ? 201 : 202));
  const [answered] = await post(url, [{ ...request("k-1"), repeats: 1 }]);
  expect(answered?.answers).toEqual([{ orderId: "order-of-k-1" }, { orderId: "another" }]);
});

test("several callers share the requests: each is sent once", async () => {
  const url = await serve(() => 201);
  const requests = Array.from({ length: 20 }, (_, n) => request(`k-${n}`));
  const seen: string[] = [];
  const answered = await post(url, requests, ({ key }) => seen.push(key));
  expect(answered.map(({ key }) => key).sort()).toEqual(requests.map(({ key }) => key).sort());
  expect(seen.sort()).toEqual(requests.map(({ key }) => key).sort());
});

test("those of a reader count with what they made: not what was refused, nor what went elsewhere", () => {
  const [url, elsewhere] = ["http://127.0.0.1:1/a/", "http://127.0.0.1:1/b/"];
  const requests = noteRequests();
  const note = (key: string | undefined, statusCode: number, orderId = "", to = url) => {
    const body = Buffer.from(JSON.stringify({ orderId }));
    requests.note({ url: to, key, answer: { statusCode, headers: {}, body } });
  };
  note("ours", 201, "o-1");
  note("by-hand", 201, "o-2");
  note("by-hand", 200, "o-2");
  note("refused", 422);
  note("died", 502);
  note("elsewhere", 201, "o-3", elsewhere);
  note(undefined, 201, "o-4");
  const ours = [{ key: "ours", answers: [{ orderId: "o-1" }], requests: 1 }];
  expect(requests.byHand(url, ours)).toEqual([
    { key: "by-hand", answers: [{ orderId: "o-2" }], requests: 2 },
    { key: "died", answers: [], requests: 1 },
    { key: "", answers: [{ orderId: "o-4" }], requests: 1 },
  ]);
});

function request(key: string): TrialRequest {
  return { key, body: { customerId: "ann" } };
}

async function serve(answer: (key: unknown, turn: number) => number | "hang up"): Promise<string> {
  let turn = 0;
  server = createServer((request, response) => {
    turn += 1;
    const key = request.headers["idempotency-key"];
    const status = answer(key, turn);
    if (status === "hang up") request.socket.destroy();
    else
      response
        .writeHead(status)
        .end(JSON.stringify({ orderId: status === 202 ? "another" : `order-of-${key}` }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
