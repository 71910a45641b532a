// The proof that wrong wiring fails: in the templates of an app with every kind of service, every wiring property is made wrong, one at a
// time, and its rule notices each time.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { WiringRules } from "../../../lib/rules/wiring-rules.ts";
import { type RealTemplate, synthesizeApp, validationContext, withTemplate } from "../../support/real-app.ts";
import { mappingMutations } from "./mapping-mutations.ts";
import { otherMutations } from "./other-mutations.ts";
import { queueMutations } from "./queue-mutations.ts";
import { absent } from "./subject.ts";

const context = validationContext(synthesizeApp({ stage: "prod" }));
const resources = context.stackTemplates.flatMap(({ templatePath }) => {
  const { Resources } = read(templatePath);
  return Object.entries(Resources).map(([logicalId, resource]) => ({ templatePath, logicalId, resource }));
});

test("the rules have nothing against the app as it is", () => {
  expect(new WiringRules().validate(context).violations).toEqual([]);
});

describe.each([...mappingMutations, ...queueMutations, ...otherMutations])("$name", (subject) => {
  const targets = resources.filter(({ resource, logicalId }) => subject.is(resource, logicalId));

  test("is in the app", () => {
    expect(targets.length).toBeGreaterThan(0);
  });

  test.each(subject.mutations)("%s = %o is caught by %s", (property, wrong, rule) => {
    for (const { templatePath, logicalId } of targets) {
      const template = read(templatePath);
      set(template.Resources[logicalId]?.Properties ?? {}, property.split("."), wrong);
      const broken = withTemplate(context, templatePath, template);
      const { violations, success } = new WiringRules().validate(broken);
      expect(
        violations.map(({ ruleName }) => ruleName),
        logicalId,
      ).toContain(rule);
      expect(success).toBe(false);
    }
  });

  test("has no property that is neither made wrong nor explained", () => {
    const { harmless } = subject;
    if (harmless === undefined) return;
    const known = [...subject.mutations.map(([property]) => property), ...Object.keys(harmless)];
    const unknown = targets.flatMap(({ resource }) =>
      leaves(resource.Properties ?? {}).filter((leaf) => !known.some((property) => covers(property, leaf))),
    );
    expect([...new Set(unknown)]).toEqual([]);
  });
});

function read(templatePath: string): RealTemplate {
  return JSON.parse(readFileSync(templatePath, "utf8"));
}

function set(target: object, [key = "", ...rest]: readonly string[], value: unknown): void {
  const members = target as Record<string, unknown>;
  if (rest.length > 0) {
    members[key] ??= {};
    set(members[key] as object, rest, value);
  } else if (value === absent) delete members[key];
  else members[key] = value;
}

/** Paths of the values, where lists and intrinsic functions are values. */
function leaves(value: object, path = ""): string[] {
  return Object.entries(value).flatMap(([key, member]) => {
    const here = path === "" ? key : `${path}.${key}`;
    const isNode = typeof member === "object" && member !== null && !Array.isArray(member);
    const isIntrinsic =
      isNode && Object.keys(member).some((name) => name === "Ref" || name.startsWith("Fn::"));
    return isNode && !isIntrinsic ? leaves(member, here) : [here];
  });
}

function covers(property: string, leaf: string): boolean {
  return leaf === property || leaf.startsWith(`${property}.`);
}
