import { aFunction, synthesized, temporaryDirectory } from "@essentially-once/testing/synthesized";
import { Stack, Stage } from "aws-cdk-lib";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { expect, test } from "vitest";
import { readAssembly } from "../src/model/assembly.ts";

test("a resource is known to people by its construct path", () => {
  const { stacks } = readAssembly(
    synthesized((app) => new Queue(new Stack(app, "Shop", { stackName: "Shop-test" }), "Orders")),
  );
  const [stack] = stacks;
  const [logicalId = ""] = Object.keys(stack?.template.Resources ?? {});
  expect(stack?.name).toBe("Shop-test");
  expect(stack?.constructPath(logicalId)).toBe("Shop/Orders");
});

test("stacks and assets of a stage are read along", () => {
  const { stacks, assets } = readAssembly(
    synthesized((app) => aFunction(new Stack(new Stage(app, "Prod"), "Shop"), "Settle")),
  );
  expect(stacks.map(({ name }) => name)).toEqual(["Prod-Shop"]);
  expect([...assets.values()].filter(({ packaging }) => packaging === "zip")).toHaveLength(1);
});

test("a directory without an assembly is refused with the remedy", () => {
  const directory = temporaryDirectory("empty");
  expect(() => readAssembly(directory)).toThrow(
    `No cloud assembly in ${directory}: run "npx cdk synth" first`,
  );
});
