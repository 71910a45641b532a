// What a shell may hold, and what of it reaches a program.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { devNull } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Environment, environmentFor, requireEndpoints } from "../src/connect/shell-environment.ts";

const shell = { PATH: "/bin", HOME: "/nowhere", LANG: "C", CARRIER_URL: "https://carrier.test", CI: "1" };

/** Variables left in a shell that would change what a command reaches. */
const leftOver: Environment = {
  AWS_PROFILE: "nonsense",
  AWS_REGION: "mars-1",
  AWS_SESSION_TOKEN: "expired",
  AWS_USE_FIPS_ENDPOINT: "true",
  AWS_USE_DUALSTACK_ENDPOINT: "true",
  AWS_RETRY_MODE: "nonsense",
  AWS_MAX_ATTEMPTS: "0",
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true",
  AWS_ENDPOINT_URL_STS: "http://127.0.0.1:9",
  AWS_LAMBDA_FUNCTION_NAME: "x",
  _X_AMZN_TRACE_ID: "Root=1",
  LAMBDA_TASK_ROOT: "/x",
  POWERTOOLS_DEV: "true",
  CDK_APP: "foo",
  CDK_CONTEXT_JSON: "{}",
  CDK_OUTPUT: "/nowhere",
  DYNOXIDE_ENCRYPTION_KEY: "secret",
  FAUXQS_PERSISTENCE: "true",
  NODE_OPTIONS: "--require=/nowhere.js --max-old-space-size=60",
  NODE_PATH: "/nowhere",
  NODE_TLS_REJECT_UNAUTHORIZED: "0",
  NODE_USE_ENV_PROXY: "1",
  HTTP_PROXY: "http://127.0.0.1:9",
  https_proxy: "http://127.0.0.1:9",
  TMPDIR: "/nowhere",
};
const nothingElse = {
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: "true",
};

describe("on this machine", () => {
  it.each(Object.entries(leftOver))("%s is left out, whatever it says", (name, value) => {
    expect(environmentFor("local", { ...shell, [name]: value })).toEqual({ ...shell, ...nothingElse });
  });

  it("the endpoints that are documented stay, and a large heap", () => {
    const given = {
      AWS_ENDPOINT_URL: "http://a",
      AWS_ENDPOINT_URL_SQS: "http://b",
      AWS_ENDPOINT_URL_DYNAMODB: "http://c",
    };
    const NODE_OPTIONS = "--require=./debugger.js --max-old-space-size=8192";
    expect(environmentFor("local", { ...shell, ...given, NODE_OPTIONS })).toEqual({
      ...shell,
      ...given,
      ...nothingElse,
      NODE_OPTIONS: "--max-old-space-size=8192",
    });
  });
});

it("an emulator gets placeholder credentials unless some are given, and never a profile's", () => {
  const given = { AWS_ENDPOINT_URL: "http://a", AWS_PROFILE: "nonsense", AWS_REGION: "eu-west-1" };
  expect(environmentFor("emulator", given)).toEqual({
    AWS_ENDPOINT_URL: "http://a",
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    ...nothingElse,
  });
});

it("AWS is reached as the shell says, and with no other app than that of cdk.json", () => {
  const given = { ...shell, AWS_PROFILE: "mine", HTTPS_PROXY: "http://proxy.test", CDK_ROLE_ARN: "arn:x" };
  expect(environmentFor("aws", { ...given, TMPDIR: "/nowhere" })).toEqual(given);
  expect(() => environmentFor("aws", { CDK_APP: "foo" })).toThrow(
    "The environment variable CDK_APP is foo, but the app is set in cdk.json. Unset it: unset CDK_APP",
  );
});

describe("an endpoint that a variable names", () => {
  const server = createServer((_, response) => response.writeHead(404).end()); // any answer will do
  let port: number;
  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as { port: number }).port;
  });
  afterAll(() => server.close());

  it("is used when something listens there", async () => {
    await requireEndpoints({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, AWS_ENDPOINT_URL_SQS: "" });
  });

  it("is refused when what listens there does not speak HTTP", async () => {
    const other = createTcpServer((socket) => socket.end("SSH-2.0\\r\\n")).listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    await expect(requireEndpoints({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` })).rejects.toThrow(
      "there is no answer",
    );
    other.close();
  });

  it.each([
    [
      "AWS_ENDPOINT_URL",
      "http://127.0.0.1:9",
      "but there is no answer (ECONNREFUSED). Start the service, or unset the variable: unset AWS_ENDPOINT_URL",
    ],
    ["AWS_ENDPOINT_URL_SQS", "http://[::1]:9", "there is no answer"],
    ["AWS_ENDPOINT_URL_S3", "127.0.0.1:9", 'must be a URL such as http://127.0.0.1:4566, got "127.0.0.1:9"'],
  ])("is refused when nothing does: %s", async (name, value, message) => {
    const refused = requireEndpoints({ [name]: value });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(name);
  });
});

it.each([
  ["packages/local-cloud/src/start.ts", "--exit"],
  ["packages/operator/src/deploy.ts", "--local"],
])("%s says so in one line, with exit code 2, before anything is begun", async (program, flag) => {
  const env = { ...process.env, AWS_ENDPOINT_URL: "http://127.0.0.1:9" };
  const child = spawn(process.execPath, [program, flag], { env });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      said += text;
    });
  }
  const [exitCode] = await once(child, "close");
  expect(said).toMatch(
    /^The environment variable AWS_ENDPOINT_URL is http:\/\/127\.0\.0\.1:9, but there is no answer[^\n]*\n$/,
  );
  expect(exitCode).toBe(2);
});
