// Function URLs over HTTP: payload format 2.0 both ways, through a real function process.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { aLocalFunction } from "@essentially-once/testing/internal/support/local-function";
import type { LambdaFunctionURLEvent } from "aws-lambda";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { createRuntime, type Runtime } from "../src/runtime/runtime.ts";
import { type FunctionUrls, startFunctionUrls } from "../src/urls/function-urls.ts";

const ENDPOINTS = {
  sqs: "http://127.0.0.1:1",
  s3: "http://127.0.0.1:3",
  secretsManager: "http://127.0.0.1:4",
  sns: "http://127.0.0.1:4",
  ssm: "http://127.0.0.1:4",
  dynamodb: "http://127.0.0.1:2",
};
const PATH = "Orders/PlaceOrder/FunctionUrl";
let urls: FunctionUrls;
let runtime: Runtime;
let url: string;

/** Answers with what the request's body asks for, or with the event. */
const CODE = `export const handler = async (event) => {
  if (event.rawPath === "/throws") throw new Error("secret");
  if (event.rawPath === "/answers") return JSON.parse(event.body);
  return event;
};`;

beforeAll(async () => {
  const fn = aLocalFunction(CODE);
  urls = await startFunctionUrls();
  runtime = createRuntime({ functions: [fn], endpoints: ENDPOINTS });
  url = urls.urlFor(PATH);
  urls.serve({ httpApis: [], functionUrls: [{ path: PATH, functionArn: fn.arn, url }] }, runtime.invoke);
  return async () => {
    await urls.stop();
    await runtime.stop();
  };
});

async function eventOf(path: string, init?: RequestInit): Promise<LambdaFunctionURLEvent> {
  return (await (await fetch(url + path, init)).json()) as LambdaFunctionURLEvent;
}

function answering(answer: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${url}answers`, { method: "POST", headers, body: JSON.stringify(answer) });
}

test("a URL is readable, stays the same for its path, and is on 127.0.0.1", () => {
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/orders-placeorder-functionurl\/$/);
  expect(urls.urlFor(PATH)).toBe(url);
  expect(urls.urlFor("Orders.PlaceOrder.FunctionUrl")).toBe(url.replace(/\/$/, "-2/"));
});

test("the event is payload format 2.0", async () => {
  const event = await eventOf("my/path%20x?parameter1=value1&parameter1=value2&parameter2=a%20b", {
    method: "POST",
    headers: {
      "Idempotency-Key": "key-1",
      "Content-Type": "application/json",
      cookie: "a=1; b=2",
      "user-agent": "test",
    },
    body: '{"n":1}',
  });
  expect(event).toMatchObject({
    version: "2.0",
    routeKey: "$default",
    rawPath: "/my/path%20x",
    rawQueryString: "parameter1=value1&parameter1=value2&parameter2=a%20b",
    cookies: ["a=1", "b=2"],
    headers: { "idempotency-key": "key-1", "content-type": "application/json" },
    queryStringParameters: { parameter1: "value1,value2", parameter2: "a b" },
    requestContext: {
      accountId: "anonymous",
      apiId: "orders-placeorder-functionurl",
      domainPrefix: "orders-placeorder-functionurl",
      http: {
        method: "POST",
        path: "/my/path%20x",
        protocol: "HTTP/1.1",
        sourceIp: "127.0.0.1",
        userAgent: "test",
      },
      routeKey: "$default",
      stage: "$default",
      time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      timeEpoch: expect.any(Number),
    },
    body: '{"n":1}',
    isBase64Encoded: false,
  });
  expect(event.headers).not.toHaveProperty("cookie");
});

test("without a query, cookies or a body the event has none", async () => {
  const event = await eventOf("");
  expect(event.rawPath).toBe("/");
  expect(event.rawQueryString).toBe("");
  for (const absent of ["queryStringParameters", "cookies", "body"]) expect(event).not.toHaveProperty(absent);
});

test("a binary body comes as base64", async () => {
  const body = new Uint8Array([0, 255, 128]);
  const event = await eventOf("", {
    method: "PUT",
    headers: { "content-type": "application/octet-stream" },
    body,
  });
  expect(event).toMatchObject({ body: "AP+A", isBase64Encoded: true });
});

test("a response with a status code is the HTTP response", async () => {
  const response = await answering({
    statusCode: 201,
    headers: { "X-Mine": "yes", "Content-Type": "text/plain" },
    cookies: ["a=1; HttpOnly", "b=2"],
    body: "créé",
  });
  expect(response.status).toBe(201);
  expect(response.headers.get("x-mine")).toBe("yes");
  expect(response.headers.get("content-type")).toBe("text/plain");
  expect(response.headers.getSetCookie()).toEqual(["a=1; HttpOnly", "b=2"]);
  expect(await response.text()).toBe("créé");
});

test("a base64 body is sent as bytes", async () => {
  const response = await answering({ statusCode: 200, body: "AP+A", isBase64Encoded: true });
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([0, 255, 128]));
});

test.each([
  ["an object", { message: "hello" }, '{"message":"hello"}'],
  ["a text", "hello", '"hello"'],
  ["a list", [1, 2], "[1,2]"],
  ["null", null, "null"],
])("%s without a status code is the body of a 200", async (_, answer, body) => {
  const response = await answering(answer);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.text()).toBe(body);
});

test("a function that fails is a 502 that tells nothing of the failure", async () => {
  const response = await fetch(`${url}throws`);
  expect(response.status).toBe(502);
  expect(await response.text()).toBe("Internal Server Error");
});

test.each([[{ statusCode: "many" }], [{ statusCode: 99 }]])("%o is a 502", async (answer) => {
  expect((await answering(answer)).status).toBe(502);
});

test("a body over 6 MB is a 413, and one just below is not", async () => {
  const post = (bytes: number) =>
    fetch(`${url}answers`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `"${"x".repeat(bytes - 2)}"`,
    });
  const tooLarge = await post(6 * 1024 * 1024 + 1);
  expect(tooLarge.status).toBe(413);
  expect(await tooLarge.text()).toContain("6291456 bytes");
  expect((await post(5_900_000)).status).toBe(200);
});

test("a path without a function is a 404 that names the URLs there are", async () => {
  const response = await fetch(new URL("/nothing/here", url));
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({
    Message: `There is no function URL at /nothing/here; there are: ${url}`,
  });
});

test("a port in use is refused by its number and its flag", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  await expect(startFunctionUrls({ port })).rejects.toThrow(`Port ${port} of 127.0.0.1 is already in use`);
});

test("stop waits for the request in progress", async () => {
  const fn = aLocalFunction(
    "export const handler = async ({ rawPath }) => { if (rawPath === '/slow') await new Promise((r) => setTimeout(r, 300)); return 'done'; };",
  );
  let begun = 0;
  const own = await startFunctionUrls();
  const ownRuntime = createRuntime({ functions: [fn], endpoints: ENDPOINTS });
  onTestFinished(ownRuntime.stop);
  own.serve(
    { httpApis: [], functionUrls: [{ path: "Slow", functionArn: fn.arn, url: own.urlFor("Slow") }] },
    (...invocation) => {
      begun++;
      return ownRuntime.invoke(...invocation);
    },
  );
  await fetch(own.urlFor("Slow")); // so that its process is there
  const response = fetch(`${own.urlFor("Slow")}slow`);
  await vi.waitUntil(() => begun === 2, { timeout: 60_000 });
  await own.stop();
  expect(await (await response).json()).toBe("done");
});
