// The proof that wrong wiring fails: in the templates of an app with every kind of service, every wiring property is made wrong, one at a
// time, and its rule notices each time.
import { readFileSync } from "node:fs";
import {
  type RealTemplate,
  synthesizeApp,
  type TemplateResource,
  validationContext,
  withTemplate,
} from "@essentially-once/testing/real-app";
import { describe, expect, test } from "vitest";
import { dispatchRules } from "../../src/rules/dispatch-rules.ts";
import { grantRules } from "../../src/rules/grant-rules.ts";
import { propertyRules } from "../../src/rules/properties/all.ts";
import { relayRules } from "../../src/rules/relay-rules.ts";
import { retentionRules } from "../../src/rules/retention-rules.ts";
import { allRules, WiringRules } from "../../src/rules/wiring-rules.ts";
import { allMutations } from "./all-mutations.ts";
import { rawMutations } from "./raw-mutations.ts";
import { absent } from "./subject.ts";

const context = validationContext(synthesizeApp({ stage: "prod" }));
const resources = context.stackTemplates.flatMap(({ templatePath }) => {
  const { Resources } = read(templatePath);
  return Object.entries(Resources).map(([logicalId, resource]) => ({ templatePath, logicalId, resource }));
});

/** Of types that the app does not have: raw-mutations.test.ts. */
const provedOnRaw = [
  ...rawMutations.flatMap(({ mutations }) => mutations.map(([, rule]) => rule)),
  ...["one-consumer-a-queue", "granted-key"], // raw-mutations.test.ts
];

test("the rules have nothing against the app as it is", () => {
  expect(new WiringRules().validate(context).violations).toEqual([]);
});

test("every rule is seen to catch something", () => {
  const caught = allMutations.flatMap(({ mutations }) => mutations.map(([, , rule]) => rule));
  const idle = [...relayRules, ...dispatchRules, ...grantRules, ...retentionRules, ...propertyRules]
    .map(({ id }) => id)
    .filter((id) => ![...caught, ...provedOnRaw].some((rule) => speaksAs(id, rule)));
  expect(idle).toEqual([]);
});

describe.each(allMutations)("$name", (subject) => {
  const all = resources.filter(({ resource, logicalId }) => subject.is(resource, logicalId));
  const targets = subject.alike ? all.slice(0, 2) : all;

  test("is in the app", () => {
    expect(targets.length).toBeGreaterThan(0);
  });

  test.each(subject.mutations)("%s = %o is caught by %s", (property, wrong, rule) => {
    const asked = new WiringRules(allRules.filter(({ id }) => speaksAs(id, rule)));
    for (const { templatePath, logicalId } of targets) {
      const template = read(templatePath);
      const target = template.Resources[logicalId] as TemplateResource;
      target.Properties ??= {};
      if (property.startsWith("@")) set(target, [property.slice(1)], wrong);
      else set(target.Properties, property.split("."), wrong);
      const broken = withTemplate(context, templatePath, template);
      const { violations, success } = asked.validate(broken);
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

/** An unlisted property has a name of its own in the finding. */
function speaksAs(id: string, rule: string): boolean {
  return rule === id || (id.endsWith("-unlisted") && rule.startsWith(`${id}-`));
}

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
