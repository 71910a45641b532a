import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { oneStack } from "@essentially-once/testing/synthesized";
import { CfnResource } from "aws-cdk-lib";
import { expect, test } from "vitest";
import { leaveOut } from "../src/deploy/without-resources.ts";

function anAssembly() {
  return oneStack((stack) => {
    const unknown = new CfnResource(stack, "Unknown", { type: "AWS::X::Unknown" });
    new CfnResource(stack, "Known", { type: "AWS::X::Known" }).addResourceDependency(unknown);
  });
}

function read(directory: string, name: string): string {
  return readFileSync(join(directory, name), "utf8");
}

test("leaves out the resources of a type, and that others wait for them", () => {
  const directory = anAssembly();
  expect(leaveOut(directory, ["AWS::X::Unknown"])).toEqual(["Unknown"]);
  expect(JSON.parse(read(directory, "Shop.template.json")).Resources).toEqual({
    Known: { Type: "AWS::X::Known" },
  });
});

test("a template that was changed has a name of its own, or an earlier deployment's would be taken for it", () => {
  const directory = anAssembly();
  const before = createHash("sha256").update(read(directory, "Shop.template.json")).digest("hex");
  expect(read(directory, "manifest.json")).toContain(`${before}.json`);
  leaveOut(directory, ["AWS::X::Unknown"]);
  const after = createHash("sha256").update(read(directory, "Shop.template.json")).digest("hex");
  for (const name of ["manifest.json", "Shop.assets.json"]) {
    expect(read(directory, name)).toContain(`${after}.json`);
    expect(read(directory, name)).not.toContain(before);
  }
});

test("a resource that another refers to cannot be left out", () => {
  const directory = oneStack((stack) => {
    const unknown = new CfnResource(stack, "Unknown", { type: "AWS::X::Unknown" });
    new CfnResource(stack, "Known", { type: "AWS::X::Known", properties: { Of: unknown.ref } });
  });
  expect(() => leaveOut(directory, ["AWS::X::Unknown"])).toThrow("Unknown cannot be left out");
});
