// `npm run deploy` and the consumers that operators paused: on real queues and tables, with a CDK and a CloudFormation that do
// what a test says.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { pauseRecords } from "../src/consumers/pause-record.ts";
import { type ConsumerQueue, consumerQueues } from "../src/dead-letters/consumer-queues.ts";

let world: World;
let server: Server;
let directory: string;
let queue: ConsumerQueue;
let isEnabled: boolean;
let isDeployed: boolean;
/** What CloudFormation answers instead of its stacks. */
let fault: { readonly code: string; readonly when: "always" | "after" } | undefined;

beforeAll(async () => {
  world = await aWorld();
  queue = consumerQueues(world.deployment.outputs).find(({ name }) => name === "standard") as ConsumerQueue;
  server = createServer((asked, answer) => void answered(asked, answer));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  directory = await mkdtemp(join(tmpdir(), "essentially-once-deploy-pauses-"));
  // It synthesizes a foundation without scheduled messages.
  const synthesized = `[ "$1" = synth ] && cp ${directory}/*.json "$4"`;
  const deployed = `#!/bin/sh\n${synthesized}\n[ "$1" = deploy ] && [ -n "$AWS_ENDPOINT_URL" ] || exit 0\nnode -e 'fetch(process.env.AWS_ENDPOINT_URL + "/deployed", { method: "POST" })'\nexit $EXIT_CODE\n`;
  await writeFile(join(directory, "cdk"), deployed, { mode: 0o755 });
  const properties = { stackName: "EssentiallyOnce-dev-Foundation", templateFile: "template.json" };
  const artifacts = { Foundation: { properties } };
  await writeFile(join(directory, "manifest.json"), JSON.stringify({ artifacts }));
  await writeFile(join(directory, "template.json"), "{}");
});
beforeEach(async () => {
  [isEnabled, isDeployed, fault] = [false, false, undefined];
  await pauseRecords(world.clients.dynamodb).write(queue, "its carrier moves");
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await world?.stop();
  await rm(directory, { recursive: true, force: true });
});

it.each([0, 1])("G6: a consumer stays paused over a deployment that ends with code %i", async (exitCode) => {
  const { code, said } = await deploy(exitCode);
  expect(said).toContain("standard stays paused: the deployment had enabled it.");
  expect({ code, isEnabled }).toEqual({ code: exitCode, isEnabled: false });
});

it("G6: a consumer stays paused when the stacks cannot be read after the deployment", async () => {
  fault = { code: "Throttling", when: "after" };
  const { code, said } = await deploy(0);
  expect(said).toMatch(/Could not read the deployed stacks \(Throttling: .*npm run consumers -- list/);
  expect(said).toContain("standard stays paused");
  expect({ code, isEnabled }).toEqual({ code: 0, isEnabled: false });
});

it("G6: deploys nothing when the stacks cannot be read before", async () => {
  fault = { code: "Throttling", when: "always" };
  const { code, said } = await deploy(0);
  expect(said).toMatch(/Could not read the deployed stacks \(Throttling: .*: nothing was deployed/);
  expect({ code, isDeployed }).toEqual({ code: 1, isDeployed: false });
});

it("G6: says that it checks nothing for who may not read the stacks", async () => {
  fault = { code: "AccessDenied", when: "always" };
  const { code, said } = await deploy(0);
  expect(said).toMatch(/Could not read the deployed stacks \(AccessDenied: .*So nobody checks whether/);
  expect({ code, isDeployed }).toEqual({ code: 0, isDeployed: true });
});

it("G6: a consumer stays paused over a deployment that moves evidence", async () => {
  const { code, said } = await deploy(0, "--move-evidence", "--yes");
  expect(said).toContain("standard stays paused");
  expect({ code, isEnabled }).toEqual({ code: 0, isEnabled: false });
});

it("G12: no deployment leaves scheduled messages behind, one that moves evidence neither", async () => {
  const Item = { id: { S: "timed#t" } };
  await world.clients.dynamodb.send(new PutItemCommand({ TableName: world.output("SchedulesTable"), Item }));
  for (const args of [[], ["--move-evidence", "--yes"]]) {
    const { code, said } = await deploy(0, ...args);
    expect(said).toMatch(/Messages wait in .* nothing in this app would send them/);
    expect({ code, isDeployed }).toEqual({ code: 2, isDeployed: false });
  }
});

it("G6: reads the stacks with the profile that the CDK deploys with, not with keys of the shell", async () => {
  const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" };
  const given = { ...keys, AWS_EC2_METADATA_DISABLED: "true", EXIT_CODE: "0" };
  const { said } = await started(["--", "--profile", "nowhere"], given);
  expect(said).toMatch(/Could not read the deployed stacks \(--stage needs AWS: Could not load credentials/);
});

function deploy(exitCode: number, ...args: string[]) {
  const { port } = server.address() as AddressInfo;
  const env = { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, EXIT_CODE: `${exitCode}` };
  return started(["--local", "--stage", "dev", ...args], env);
}

async function started(args: readonly string[], given: Readonly<Record<string, string>>) {
  const PATH = [directory, dirname(process.execPath), process.env.PATH].join(delimiter);
  const env = { PATH, HOME: directory, ...given };
  const command = ["packages/operator/src/deploy.ts", ...args];
  const child = spawn(process.execPath, command, { env });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      said += text;
    });
  }
  const [code] = await once(child, "close");
  return { code, said };
}

async function answered(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of asked) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const target = `${asked.headers["x-amz-target"]}`;
  const { pathname, searchParams } = new URL(asked.url ?? "/", "http://aws");
  if (pathname === "/deployed") {
    [isEnabled, isDeployed] = [true, true];
    answer.end();
  } else if (pathname.startsWith("/2015-03-31/event-source-mappings")) {
    if (asked.method === "PUT") isEnabled = JSON.parse(`${body}`).Enabled;
    const mapping = { UUID: "standard", State: isEnabled ? "Enabled" : "Disabled" };
    const isOfQueue = searchParams.get("EventSourceArn")?.endsWith(`:${queue.queueUrl.split("/").at(-1)}`);
    const listed = { EventSourceMappings: isOfQueue ? [mapping] : [] };
    answer.setHeader("content-type", "application/json");
    answer.end(JSON.stringify(pathname.endsWith("/standard") ? mapping : listed));
  } else if (/DynamoDB|SQS/.test(target)) {
    const engine = target.includes("SQS") ? "AWS_ENDPOINT_URL_SQS" : "AWS_ENDPOINT_URL_DYNAMODB";
    const { hostname, port, host } = new URL(process.env[engine] ?? "");
    const headers = { ...asked.headers, host };
    request({ hostname, port, path: asked.url, method: asked.method, headers }, (from) => {
      answer.writeHead(from.statusCode ?? 500, from.headers);
      from.pipe(answer);
    }).end(body);
  } else cloudFormation(answer);
}

function cloudFormation(answer: ServerResponse): void {
  const xmlns = 'xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"';
  answer.setHeader("content-type", "text/xml");
  if (fault && (isDeployed || fault.when === "always")) {
    answer.statusCode = 400;
    answer.end(
      `<ErrorResponse ${xmlns}><Error><Type>Sender</Type><Code>${fault.code}</Code><Message>no</Message></Error></ErrorResponse>`,
    );
    return;
  }
  const stacks = Object.entries(world.deployment.outputs).map(([name, outputs]) => {
    const members = Object.entries(outputs).map(
      ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    );
    return `<member><StackName>${name}</StackName><Outputs>${members.join("")}</Outputs></member>`;
  });
  answer.end(
    `<DescribeStacksResponse ${xmlns}><DescribeStacksResult><Stacks>${stacks.join("")}</Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  );
}
