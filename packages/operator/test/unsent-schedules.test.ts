// What `npm run deploy` asks before it takes the table of scheduled messages away.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { synthesizeApp } from "@essentially-once/testing/real-app";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, expect, it } from "vitest";
import { refuseUnsent, scheduledIn } from "../src/deploy/unsent-schedules.ts";

let world: World;
beforeAll(async () => {
  world = await aWorld();
});
afterAll(() => world.stop());

it("G12: knows a table in which messages wait", async () => {
  const { dynamodb } = world.clients;
  const { outputs } = world.deployment;
  expect(await scheduledIn(dynamodb, { Foundation: {} })).toBeUndefined();
  expect(await scheduledIn(dynamodb, outputs)).toBeUndefined();
  const TableName = world.output("SchedulesTable");
  await dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: "timed#t" } } }));
  expect(await scheduledIn(dynamodb, outputs)).toEqual({
    table: TableName,
    stackName: "EssentiallyOnce-dev-Foundation",
  });
});

const dev = { table: "t-1", stackName: "EssentiallyOnce-dev-Foundation" };

it("G12: refuses an app in which nothing would send them, and none that keeps the dispatcher", () => {
  const assembly = synthesizeApp({ stage: "dev" });
  expect(() => refuseUnsent(assembly, dev)).not.toThrow();
  expect(() => refuseUnsent(anAssembly(dev.stackName), dev)).toThrow(
    /Messages wait in t-1.*FoundationStack.*schedules: true.*npm run schedules -- list/,
  );
});

it("an app of services, whose foundation is another app's, may be deployed", () => {
  expect(() => refuseUnsent(anAssembly("EssentiallyOnce-dev-Reports"), dev)).not.toThrow();
});

/** Of one stack without scheduled messages, in a CDK stage of its own. */
function anAssembly(stackName: string): string {
  const directory = mkdtempSync(join(tmpdir(), "assembly-"));
  const nested = join(directory, "assembly-Stage");
  mkdirSync(nested);
  const write = (file: string, content: object) => writeFileSync(file, JSON.stringify(content));
  const artifacts = { Stack1: { properties: { stackName, templateFile: "Stack1.template.json" } } };
  write(join(directory, "manifest.json"), { artifacts: { "assembly-Stage": {} } });
  write(join(nested, "manifest.json"), { artifacts });
  write(join(nested, "Stack1.template.json"), { Resources: {}, Outputs: { OutboxTable: { Value: "o" } } });
  return directory;
}
