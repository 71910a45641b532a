// Types of resources that the kit's own app does not have, as a team might write them.

import { temporaryDirectory } from "@essentially-once/testing/synthesized";
import { App, CfnResource, Stack, Validations } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import { grantRules } from "../../src/rules/grant-rules.ts";
import { relayRules } from "../../src/rules/relay-rules.ts";
import { WiringRules } from "../../src/rules/wiring-rules.ts";
import { rawMutations } from "./raw-mutations.ts";
import { findingsOf, type Raw, soundWiring } from "./sound-wiring.ts";

describe.each(rawMutations)("$type", ({ type, sound, mutations, stage }) => {
  test.each(mutations)("%o is caught by %s", (wrong, rule) => {
    const finds = (properties: Record<string, unknown>) =>
      reportOf(type, properties, stage).includes(`Wiring::${rule}'`);
    expect(finds(sound)).toBe(false);
    expect(finds({ ...sound, ...wrong })).toBe(true);
  });
});

test("one-consumer-a-queue: a second mapping of a queue is caught", () => {
  const wiring = soundWiring();
  wiring.service.Second = { ...(wiring.service.Mapping as Raw[string]) };
  expect(findingsOf(soundWiring(), relayRules)).not.toContain("one-consumer-a-queue");
  expect(findingsOf(wiring, relayRules)).toContain("one-consumer-a-queue");
});

test("granted-key: a function that may use a table, and not its key, is caught", () => {
  const wiring = soundWiring();
  const evidence = wiring.storage.Evidence as Raw[string];
  const KMSMasterKeyId = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";
  evidence.properties.Replicas = [{ Region: "eu-west-1", SSESpecification: { KMSMasterKeyId } }];
  expect(findingsOf(soundWiring(), grantRules)).not.toContain("granted-key");
  expect(findingsOf(wiring, grantRules)).toContain("granted-key");
});

function reportOf(type: string, properties: Record<string, unknown>, stage = "dev"): string {
  const app = new App({
    outdir: temporaryDirectory("raw"),
    context: { "@aws-cdk/core:validateAgainstDefaultRules": false, stage },
  });
  Validations.of(app).addPlugins(new WiringRules());
  const stack = new Stack(app, "Raw");
  new CfnResource(stack, "Resource", { type, properties });
  try {
    app.synth();
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
