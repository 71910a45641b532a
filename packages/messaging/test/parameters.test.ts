// Reading Parameter Store: page by page, signed, and all or nothing.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { JsonService } from "@essentially-once/local-cloud/internal/engines/json-service";
import { startParametersEngine } from "@essentially-once/local-cloud/internal/engines/parameters";
import { parameterStore, register } from "@essentially-once/testing/internal/support/register-producers";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { readParameters } from "../src/aws/parameters.ts";
import { nowMs, setClock } from "../src/core/clock.ts";
import { readRegistry } from "../src/publish/registry.ts";

const client = new DynamoDBClient({
  region: "us-east-1",
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
});
const path = "/essentially-once/tests/contracts";
let engine: JsonService;

beforeAll(async () => {
  engine = await startParametersEngine();
  Object.assign(process.env, { AWS_ENDPOINT_URL_SSM: engine.endpoint, REGISTRY_PATH: path });
});
afterAll(() => engine.stop());

it("G3: all of 500 consumers are read, however many pages they fill, and nothing beside them", async () => {
  const types = Array.from({ length: 25 }, (_, n) => [`${"orders.".repeat(20)}type-${n}.v1`]); // 3.9 KB
  await parameterStore("PutParameter", { Name: `${path}/Relay`, Type: "String", Value: "opened" });
  await parameterStore("PutParameter", { Name: `${path}-of-another/x`, Type: "String", Value: "no" });
  for (let n = 0; n < 500; n++)
    await register(`consumer-${n}`, { accepts: types, queue: `https://sqs/${n}` });
  const registrations = await readRegistry({ client, path, deadlineMs: nowMs() + 10_000 });
  expect(registrations).toHaveLength(500);
  expect(new Set(registrations?.map(({ name }) => name)).size).toBe(500);
});

it("G3: is nothing before the relay's stack has opened it", async () => {
  const { endpoint } = await aServer(() => ({ status: 200, body: { Parameters: [one] } }));
  expect(await readRegistry({ client, path, endpoint, deadlineMs: nowMs() + 10_000 })).toBeUndefined();
});

it("is signed as Parameter Store asks for, with the client's own credentials", async () => {
  const { endpoint, seen } = await aServer(() => ({ status: 200, body: { Parameters: [] } }));
  await readParameters({ client, path, endpoint, deadlineMs: nowMs() + 10_000 });
  expect(seen[0]).toMatchObject({
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "AmazonSSM.GetParametersByPath",
    authorization: expect.stringMatching(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/ssm\/aws4_request, SignedHeaders=[\w;-]*host[\w;-]*, Signature=[\da-f]{64}$/,
    ),
  });
});

it("asks again for a page that was throttled", async () => {
  const throttled = { __type: "com.amazonaws.ssm#ThrottlingException", message: "Rate exceeded" };
  const { endpoint, seen } = await aServer((time) =>
    time === 1 ? { status: 400, body: throttled } : { status: 200, body: { Parameters: [one] } },
  );
  const read = await readParameters({ client, path, endpoint, deadlineMs: nowMs() + 10_000 });
  expect(read).toEqual([{ name: "one", value: one.Value }]);
  expect(seen).toHaveLength(2);
});

it("G3: half of them is none: what fails on the second page fails", async () => {
  const denied = { __type: "AccessDeniedException", message: "no" };
  const { endpoint } = await aServer((time) =>
    time === 1
      ? { status: 200, body: { Parameters: [one], NextToken: "more" } }
      : { status: 400, body: denied },
  );
  const reading = readParameters({ client, path, endpoint, deadlineMs: nowMs() + 10_000 });
  await expect(reading).rejects.toMatchObject({ name: "AccessDeniedException" });
});

it("G11: ends with its deadline", async () => {
  const { endpoint } = await aServer(() => ({ status: 200, body: { Parameters: [one], NextToken: "more" } }));
  const reading = readParameters({ client, path, endpoint, deadlineMs: nowMs() + 50 });
  await expect(reading).rejects.toThrow(`reading ${path} timed out`);
  const { endpoint: unasked, seen } = await aServer(() => ({ status: 200, body: {} }));
  onTestFinished(setClock(() => 1_000));
  const late = readParameters({ client, path, endpoint: unasked, deadlineMs: 1_000 });
  await expect(late).rejects.toThrow(`reading ${path} timed out`);
  expect(seen).toEqual([]);
});

it("asks for pages of ten, which is the most that Parameter Store allows, and for each by its token", async () => {
  const { endpoint, bodies } = await aServer((time) => ({
    status: 200,
    body: time === 1 ? { Parameters: [one], NextToken: "more" } : {},
  }));
  expect(await readParameters({ client, path, endpoint, deadlineMs: nowMs() + 10_000 })).toHaveLength(1);
  expect(bodies).toEqual([
    { Path: path, MaxResults: 10 },
    { Path: path, MaxResults: 10, NextToken: "more" },
  ]);
});

it.each([
  ["a throttle", 400, { __type: "ThrottlingException" }, 4, "ThrottlingException"],
  ["a change at the same time", 400, { __type: "com.amazonaws.ssm#TooManyUpdates" }, 4, "TooManyUpdates"],
  ["a fault of the service", 500, { __type: "InternalServerError" }, 4, "InternalServerError"],
  ["an answer that is no JSON", 503, "<html>", 4, "UnknownError"],
  ["a refusal", 400, { __type: "AccessDeniedException" }, 1, "AccessDeniedException"],
  ["a refusal of another kind", 499, { __type: "x".repeat(200) }, 1, "x".repeat(100)],
])(
  "G11: %s is asked about at most four times, and only when it may pass",
  async (_, status, body, times, name) => {
    const { endpoint, seen } = await aServer(() => ({ status, body }));
    const reading = readParameters({ client, path, endpoint, deadlineMs: nowMs() + 10_000 });
    await expect(reading).rejects.toMatchObject({ name, message: `Parameter Store answered ${status}` });
    expect(seen).toHaveLength(times);
  },
);

it.each<[string, Record<string, string>, string]>([
  ["eu-central-1", {}, "https://ssm.eu-central-1.amazonaws.com"],
  ["cn-north-1", {}, "https://ssm.cn-north-1.amazonaws.com.cn"],
  ["eu-central-1", { AWS_ENDPOINT_URL: "http://local:1" }, "http://local:1"],
  [
    "eu-central-1",
    { AWS_ENDPOINT_URL: "http://local:1", AWS_ENDPOINT_URL_SSM: "http://local:2" },
    "http://local:2",
  ],
])("asks where the SDK would: in %s with %o", async (region, variables, expected) => {
  for (const name of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSM"]) vi.stubEnv(name, variables[name]);
  onTestFinished(() => void vi.unstubAllEnvs());
  const asked: string[] = [];
  const requestHandler = {
    async handle({ protocol, hostname, port, path: where, method }: Record<string, string | number>) {
      asked.push(`${method} ${protocol}//${hostname}${port ? `:${port}` : ""}${where}`);
      return { response: { statusCode: 200, headers: {}, body: Readable.from([Buffer.from("{}")]) } };
    },
  } as never;
  const { credentials } = client.config;
  const elsewhere = new DynamoDBClient({ region, credentials, requestHandler });
  expect(await readParameters({ client: elsewhere, path, deadlineMs: nowMs() + 10_000 })).toEqual([]);
  expect(asked).toEqual([`POST ${expected}/`]);
});

const one = { Name: `${path}/one`, Value: '{"accepts":[],"publishes":[]}' };

async function aServer(answer: (time: number) => { status: number; body: object | string }) {
  const seen: NodeJS.Dict<string | string[]>[] = [];
  const bodies: unknown[] = [];
  const server = createServer(async (request, response) => {
    seen.push(request.headers);
    const time = seen.length;
    bodies.push(await json(request));
    const { status, body } = answer(time);
    response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, bodies };
}
