// Evaluates whether statements permit an access. A Deny wins; an access that no statement allows is denied.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

import type { Statement } from "./statement.ts";

/** One thing that a request does, as the Service Authorization Reference names it. */
export interface Access {
  readonly action: string;
  /** An ARN. */
  readonly resource: string;
  /** The partition keys of the items that are named; absent where none is, as in a scan. */
  readonly leadingKeys?: readonly string[];
}

/** One pair that a statement allows, as it is written there. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
}

export type Decision =
  | { readonly allowed: true; readonly by: readonly Grant[] }
  | { readonly allowed: false; readonly deniedBy?: Statement };

export type Evaluate = (access: Access) => Decision;

export function evaluator(statements: readonly Statement[]): Evaluate {
  const compiled = statements.map((statement) => ({ statement, matching: compile(statement) }));
  return function evaluate(access) {
    const by: Grant[] = [];
    for (const { statement, matching } of compiled) {
      const matched = matching(access);
      if (matched.length > 0 && statement.effect === "Deny") return { allowed: false, deniedBy: statement };
      by.push(...matched);
    }
    return by.length > 0 ? { allowed: true, by } : { allowed: false };
  };
}

/** Every pair that the statements allow. */
export function grantsOf(statements: readonly Statement[]): Grant[] {
  return statements
    .filter(({ effect }) => effect === "Allow")
    .flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => ({ action, resource }))),
    );
}

function compile({ actions, resources, leadingKeys }: Statement): (access: Access) => Grant[] {
  const actionTests = actions.map((text) => ({ text, matches: wildcards(text, "i") }));
  const resourceTests = resources.map((text) => ({ text, matches: resourceMatcher(text) }));
  const keyTests = leadingKeys?.map((text) => wildcards(text));
  /** ForAllValues: also when there is none, as AWS has it. */
  const areTheirs = (keys: readonly string[] = []) =>
    keyTests === undefined || keys.every((key) => keyTests.some((matches) => matches(key)));
  return ({ action, resource, leadingKeys: keys }) =>
    !areTheirs(keys)
      ? []
      : actionTests
          .filter(({ matches }) => matches(action))
          .flatMap(({ text }) =>
            resourceTests
              .filter(({ matches }) => matches(resource))
              .map((test) => ({ action: text, resource: test.text })),
          );
}

/**
 * A wildcard stays in its field of the ARN, and fields that are missing at the end match anything.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function resourceMatcher(pattern: string): (resource: string) => boolean {
  if (pattern === "*") return () => true;
  const tests = fieldsOf(pattern).map((field) => wildcards(field));
  return (resource) => {
    const fields = fieldsOf(resource);
    return tests.every((matches, index) => matches(fields[index] ?? ""));
  };
}

const ARN_FIELDS = 6;

/** The last field keeps its colons. */
function fieldsOf(arn: string): string[] {
  const fields = arn.split(":");
  return [
    ...fields.slice(0, ARN_FIELDS - 1),
    ...(fields.length < ARN_FIELDS ? [] : [fields.slice(ARN_FIELDS - 1).join(":")]),
  ];
}

function wildcards(pattern: string, flags = ""): (text: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const expression = new RegExp(`^${source}$`, `s${flags}`);
  return (text) => expression.test(text);
}
