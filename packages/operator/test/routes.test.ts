// The contracts of all apps of a stage, held against each other: as the relay reads them, and with what is in their queues.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateQueueCommand, DeleteQueueCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import type { LocalCloud } from "@essentially-once/local-cloud/cloud";
import { asciiJson } from "@essentially-once/messaging/envelope";
import type { Registration } from "@essentially-once/messaging/internal/publish/registration";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { anOperator, type Operator } from "@essentially-once/testing/internal/support/operator";
import { register, unregister } from "@essentially-once/testing/internal/support/register-producers";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Connection, connect } from "../src/connect/connection.ts";
import { registrationsOf } from "../src/connect/registry.ts";
import { routeFindings } from "../src/routes/findings.ts";
import { leavingOf } from "../src/routes/leaving.ts";

const prefix = "EssentiallyOnce-dev-";

/** The kit's app has it from an app that is not here. */
const armed = expect.stringContaining("timed accepts kit.armed.v1, which no contract publishes");

let world: World;
let operator: Operator;
let directory: string;
let connection: Connection;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Relay/");
  directory = await mkdtemp(join(tmpdir(), "essentially-once-routes-"));
  const { AWS_ENDPOINT_URL_SQS: sqs = "", AWS_ENDPOINT_URL_DYNAMODB: dynamodb = "" } = process.env;
  const endpoints = { sqs, dynamodb, ssm: process.env.AWS_ENDPOINT_URL_SSM };
  operator = await anOperator(
    { endpoints, outputs: world.deployment.outputs } as unknown as LocalCloud,
    directory,
  );
  connection = connect({ cloudFile: join(directory, "cloud.json") });
});
afterEach(() => unregister("other-app").catch(() => undefined));
afterAll(async () => {
  operator?.stop();
  await world.stop();
  await rm(directory, { recursive: true });
});

it("lists each type with who publishes and who accepts it", async () => {
  const { stdout, exitCode } = await operator.run("routes", "list");
  expect(stdout).toMatch(/kit\.asked\.v1 +ask +standard/);
  expect(exitCode).toBe(0);
  expect(await findings()).toEqual([armed]);
});

it("G3, G6: tells what does not fit, though each app by itself is right, and fails", async () => {
  await register("other-app", {
    accepts: [["other.expected.v1"]],
    queue: `http://localhost/000000000000/${prefix}Other-gone`,
    publishes: ["other.unheard.v1"],
    elsewhere: ["other.expected.v1", "other.unheard.v1"],
    stack: `${prefix}Other`,
  });
  const { stdout, exitCode } = await operator.run("routes", "check");
  expect(stdout.split("\n")).toEqual([
    expect.stringContaining("other-app accepts other.expected.v1, which no contract publishes"),
    expect.stringContaining("timed accepts kit.armed.v1, which no contract publishes"),
    expect.stringContaining("other-app publishes other.unheard.v1, which no contract accepts"),
    expect.stringContaining(`the queue ${prefix}Other-gone of other-app does not exist`),
    "8 contracts: 4 things are wrong.",
    "",
  ]);
  expect(exitCode).toBe(1);
});

it("G6: tells of a queue that a consumer left behind, with what is in it", async () => {
  const { QueueUrl } = await world.clients.sqs.send(
    new CreateQueueCommand({ QueueName: `${prefix}Left-Queue` }),
  );
  expect(await findings()).toEqual([armed]);
  await world.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "{}" }));
  expect(await findings()).toEqual([
    armed,
    expect.stringContaining(`${prefix}Left-Queue has no consumer any more, but 1 messages`),
  ]);
  await world.clients.sqs.send(new DeleteQueueCommand({ QueueUrl }));
});

it("G6: tells before a consumer leaves what is still on its way to it", async () => {
  const [waiting, parked] = ["StandardQueueUrl", "StandardDeadLetterQueueUrl"].map(world.output);
  await world.clients.sqs.send(new SendMessageCommand({ QueueUrl: waiting, MessageBody: "{}" }));
  await world.clients.sqs.send(new SendMessageCommand({ QueueUrl: parked, MessageBody: "{}" }));
  const message = anEnvelope({ type: "kit.asked.v1" });
  await world.put(world.output("OutboxTable"), {
    id: "tests",
    createdAt: message.time,
    messages: [asciiJson(message)],
  });
  const registrations = await registrationsOf(connection);
  const standard = registrations.find(({ name }) => name === "standard") as Registration;
  expect(await leavingOf(standard, registrations, connection)).toEqual({
    waiting: 1,
    deadLetters: 1,
    pending: 1,
    orphaned: [{ type: "kit.asked.v1", publishers: ["ask"] }],
  });
});

async function findings(): Promise<string[]> {
  return routeFindings(await registrationsOf(connection), connection);
}
