// The three deployments by which evidence moves, as CloudFormation would see them one after the other.

import { movePlan } from "@essentially-once/operator/internal/evidence/plan";
import { aContract } from "@essentially-once/testing/internal/support/a-contract";
import { aConfig, aTestApp } from "@essentially-once/testing/test-app";
import { type App, type Stack, Validations } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { WiringRules } from "../../src/rules/wiring-rules.ts";
import { FoundationStack } from "../../src/stacks/foundation-stack.ts";
import { OperationsStack } from "../../src/stacks/operations-stack.ts";
import { RelayStack } from "../../src/stacks/relay-stack.ts";
import { ServiceStack } from "../../src/stacks/service-stack.ts";

const phases = ["pause", "switch", undefined] as const;
type Phase = (typeof phases)[number];

const deployed = new Map(phases.map((phase) => [phase, stacksOf(phase)]));

describe("G2: between the copy and the last switch nothing runs", () => {
  test.each(["pause", "switch"] as const)(
    "%s: no function of a service may run, and the relay goes on",
    (phase) => {
      const concurrency = (stack: string) =>
        resourcesOf(phase, stack, "AWS::Lambda::Function").map(
          ({ ReservedConcurrentExecutions: most }) => most,
        );
      expect(concurrency("Desk")).toEqual([0, 0, 0]);
      expect(concurrency("Relay")).toEqual([undefined, undefined]);
    },
  );

  test("afterwards all of them run", () => {
    const functions = resourcesOf(undefined, "Desk", "AWS::Lambda::Function");
    expect(functions.filter((each) => "ReservedConcurrentExecutions" in each)).toEqual([]);
  });

  test.each([
    ["pause", /Foundation:ExportsOutputRefEvidence/],
    ["switch", /^Evidence/],
    [undefined, /^Evidence/],
  ] as const)("%s: functions keep their evidence where it is then", (phase, table) => {
    for (const { Environment } of resourcesOf(phase, "Desk", "AWS::Lambda::Function")) {
      const { EVIDENCE_TABLE: named } = Environment.Variables;
      expect(named["Fn::ImportValue"] ?? named.Ref).toMatch(table);
    }
  });
});

describe("CloudFormation, which keeps what another stack imports,", () => {
  test("refuses a foundation without the former table while a service uses it: who does not move is not deployed", () => {
    const used = importsOf("pause").filter((name) => isFormer(name));
    expect(used).toHaveLength(2); // name and ARN, as services of older releases import them
    expect(exportsOf(undefined).filter((name) => isFormer(name))).toEqual([]);
  });

  test("takes each step after the one before", () => {
    expect(exportsOf("switch")).toEqual(expect.arrayContaining(importsOf("pause")));
    expect(importsOf("switch").filter((name) => isFormer(name))).toEqual([]);
    expect(exportsOf(undefined)).toEqual(expect.arrayContaining(importsOf("switch")));
  });
});

test.each(phases)("%s: the wiring rules have nothing against it", (phase) => {
  expect(() => stacksOf(phase, new WiringRules())).not.toThrow();
});

test("outputs say what the copy must know", () => {
  const outputs = Object.fromEntries(
    [...(deployed.get("pause") ?? [])].map(([id, template]) => [
      id,
      Object.fromEntries(
        Object.entries(template.findOutputs("*")).map(([key, { Value }]) => [key, `${Value.Ref ?? Value}`]),
      ),
    ]),
  );
  const plan = movePlan(outputs);
  expect(plan.former).toMatch(/^Evidence/);
  expect(plan.tables).toEqual([expect.stringMatching(/^Evidence/)]);
  expect([...plan.tableOf.keys()]).toEqual(expect.arrayContaining(["ask", "answer", "watch"]));
  expect(plan.timeoutSeconds).toBe(5);
  delete outputs.Desk?.DeskEvidenceMove;
  expect(() => movePlan(outputs)).toThrow("Desk is not paused");
});

function isFormer(name: string): boolean {
  return name.includes("Foundation:") && name.includes("Evidence");
}

function stacksOf(phase: Phase, rules?: WiringRules): Map<string, Template> {
  const app = aTestApp({
    ...(phase && { moveEvidence: phase }),
    "@aws-cdk/core:validateAgainstDefaultRules": false,
  });
  if (rules) Validations.of(app).addPlugins(rules);
  const stacks = build(app, phase);
  if (rules) app.synth();
  return new Map(stacks.map((stack) => [stack.node.id, Template.fromStack(stack)]));
}

function build(app: App, phase: Phase): Stack[] {
  const config = aConfig(phase && { moveEvidence: phase });
  const foundation = new FoundationStack(app, "Foundation", { config });
  const desk = new ServiceStack(app, "Desk", { config, foundation, purpose: "be moved" });
  const anyFile = { entry: "relay/rotate-keys.ts" };
  desk.addEndpoint(aContract("ask", { publishes: ["desk.asked.v1"] }), anyFile);
  desk.addConsumer(aContract("answer", { accepts: ["desk.asked.v1"] }), anyFile);
  desk.addProjection(aContract("watch"), anyFile);
  const relay = new RelayStack(app, "Relay", { config, foundation, services: [desk] });
  return [
    foundation,
    desk,
    relay,
    new OperationsStack(app, "Operations", { config, watched: [foundation, desk, relay] }),
  ];
}

// biome-ignore lint/suspicious/noExplicitAny: properties of a template
function resourcesOf(phase: Phase, stack: string, type: string): Record<string, any>[] {
  return Object.values(deployed.get(phase)?.get(stack)?.findResources(type) ?? {}).map(
    ({ Properties }) => Properties,
  );
}

function exportsOf(phase: Phase): string[] {
  return [...(deployed.get(phase)?.values() ?? [])].flatMap((template) =>
    Object.values(template.findOutputs("*")).flatMap(({ Export }) => (Export ? [Export.Name] : [])),
  );
}

function importsOf(phase: Phase): string[] {
  const texts = [...(deployed.get(phase)?.values() ?? [])].map((template) =>
    JSON.stringify(template.toJSON()),
  );
  const found = texts.flatMap((text) => [...text.matchAll(/"Fn::ImportValue":"([^"]+)"/g)]);
  return [...new Set(found.map(([, name = ""]) => name))];
}
