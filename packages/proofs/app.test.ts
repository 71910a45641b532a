// The whole app, run as the CDK CLI runs it; every property that must hold for all stacks together.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { production } from "@essentially-once/testing/real-app";
import { afterAll, describe, expect, test } from "vitest";

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

interface CloudFormationTemplate {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { Export?: unknown }>>;
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "app-test-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function synthesize(given: Record<string, string | undefined> = {}) {
  const outdir = mkdtempSync(join(scratch, "out-"));
  const { context } = JSON.parse(readFileSync(join(root, "cdk.json"), "utf8"));
  const { status, stderr } = spawnSync(process.execPath, ["bin/app.ts"], {
    cwd: root,
    encoding: "utf8",
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({
        ...context,
        "aws:cdk:bundling-stacks": [],
        ...(given.stage === "prod" && { carrierUrl: production.carrierUrl, alarmEmail: "you@example.com" }),
        ...given,
      }),
    },
  });
  const templates = readdirSync(outdir).filter((file) => file.endsWith(".template.json"));
  const read = (file: string): CloudFormationTemplate => JSON.parse(readFileSync(join(outdir, file), "utf8"));
  return {
    status,
    stderr,
    stacks: new Map(templates.map((file) => [file.replace(".template.json", ""), read(file)])),
    manifest: status === 0 ? readFileSync(join(outdir, "manifest.json"), "utf8") : "",
  };
}

describe.each(["dev", "prod"])("the app, stage %s", (stage) => {
  const { status, stderr, stacks, manifest } = synthesize({ stage });
  const resources = [...stacks.values()].flatMap(({ Resources }) => Object.values(Resources));
  const ofType = (type: string) => resources.filter((resource) => resource.Type === type);

  test("synthesizes without a warning, or a finding of the wiring rules or of cdk-nag", () => {
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(manifest).not.toContain("aws:cdk:warning");
  });

  test("has its stacks, named after the stage", () => {
    expect([...stacks.keys()]).toEqual(expect.arrayContaining(kitStacks));
    const { artifacts } = JSON.parse(manifest);
    for (const name of stacks.keys()) {
      expect(artifacts[name].properties.stackName).toBe(`EssentiallyOnce-${stage}-${name}`);
    }
  });

  test("deploys in the order of the flow: whoever is depended on first", () => {
    const { artifacts } = JSON.parse(manifest);
    const needs = (name: string) =>
      artifacts[name].dependencies.filter((dependency: string) => stacks.has(dependency)).sort();
    expect(needs("Foundation")).toEqual([]);
    for (const service of [...stacks.keys()].filter((name) => !kitStacks.includes(name)))
      expect(needs(service)).toEqual(["Foundation"]);
    expect(needs("Relay")).toContain("Foundation");
    expect(needs("Operations")).toHaveLength(stacks.size - 1);
  });

  test("outputs each key once", () => {
    const keys = [...stacks.values()].flatMap(
      ({ Outputs }) => Object.keys(Outputs).filter((key) => !/^(Exports|Publish)Output/.test(key)), // of the CDK, for other stacks
    );
    expect(keys).toEqual([...new Set(keys)]);
    // What the operator's commands look for.
    expect(keys).toEqual(
      expect.arrayContaining([
        "OrderedOutboxTable",
        "OutboxTable",
        "JournalTable",
        "RegistryPath",
        "SigningSecretArn",
      ]),
    );
  });

  test("gives nothing a physical name, except to the queue that its dead-letter queue must name", () => {
    const named = resources
      .filter(({ Type, Properties = {} }) => Object.hasOwn(Properties, physicalNames.get(Type) ?? ""))
      .map(({ Type }) => Type);
    const redriveQueues = ofType("AWS::SQS::Queue").filter(({ Properties }) => Properties?.RedrivePolicy);
    expect(named).toEqual(redriveQueues.map(({ Type }) => Type));
  });

  test("has no custom resource", () => {
    expect(resources.map(({ Type }) => Type).filter((type) => /^Custom::|CustomResource/.test(type))).toEqual(
      [],
    );
  });

  test("G6: every consumed queue has a dead-letter queue", () => {
    const consumers = ofType("AWS::Lambda::EventSourceMapping").filter(
      ({ Properties }) => Properties?.ScalingConfig,
    );
    const redriveQueues = ofType("AWS::SQS::Queue").filter(({ Properties }) => Properties?.RedrivePolicy);
    expect(consumers).toHaveLength(redriveQueues.length);
  });
});

test("with tracing, every function tells X-Ray and no rule objects", () => {
  const { status, stderr, stacks } = synthesize({ tracing: "active" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const functions = [...stacks.values()]
    .flatMap(({ Resources }) => Object.values(Resources))
    .filter(({ Type }) => Type === "AWS::Lambda::Function");
  expect(functions.length).toBeGreaterThan(2);
  for (const { Properties } of functions) expect(Properties?.TracingConfig).toEqual({ Mode: "Active" });
});

test("has no finding with a key of one's own either", () => {
  const encryptionKeyArn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
  const { status, stderr, manifest } = synthesize({
    stage: "prod",
    encryptionKeyArn,
    alarmEmail: "you@example.com",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(manifest).not.toContain("aws:cdk:warning");
});

test.each<[Record<string, string | undefined>, string]>([
  [
    { stage: "prod", alarmEmail: undefined },
    "-c alarmEmail=you@example.com or -c alarmTopicArn=arn:aws:sns:..., or -c alarmReceiver=none",
  ],
  [
    { stage: "prod", carrierUrl: undefined },
    "Suggested fix: the real address; the sample's carrier is -c carrierUrl=https://...",
  ],
  [{ stage: "test" }, 'context "stage" must be one of dev, local, prod, got "test"'],
])("refuses %o", (context: Record<string, string | undefined>, message) => {
  const { status, stderr } = synthesize(context);
  expect(status).not.toBe(0);
  expect(stderr).toContain(message);
});

/** Those that every app has; the others are its services. */
const kitStacks = ["Foundation", "Relay", "Operations"];

/** By type, because a property of the same name refers to another resource elsewhere. */
const physicalNames = new Map([
  ["AWS::DynamoDB::GlobalTable", "TableName"],
  ["AWS::Events::Rule", "Name"],
  ["AWS::IAM::Role", "RoleName"],
  ["AWS::Lambda::Function", "FunctionName"],
  ["AWS::Logs::LogGroup", "LogGroupName"],
  ["AWS::SQS::Queue", "QueueName"],
]);
