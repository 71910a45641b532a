// The registry: every contract of the app has its entry, the relay reads that path and no other, and no other role reads or
// writes it.
//
//   G3. A consumer without an entry gets no message. An entry that outlives its consumer makes the relay send messages that
//   nothing processes.
//   G7. Write access to an entry decides which services the relay signs for.
import { registrationBytesMax } from "@essentially-once/messaging/internal/publish/registration";
import { statementsOf } from "./policies.ts";
import { opens, registrationsOf, relaysOf } from "./registrations.ts";
import { finding, type Rule } from "./rule.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, mappingsOf, variableOf } from "./wiring.ts";

const pathProperty = "Environment.Variables.REGISTRY_PATH";

export const registryRules: readonly Rule[] = [
  {
    id: "registry-path",
    demand:
      "the relay reads entries below its own path only, and sends nothing before its stack opens the registry there",
    check: (templates) => {
      const relays = relaysOf(templates);
      const [first] = relays;
      const path = variableOf(first, "REGISTRY_PATH");
      return [
        ...relays
          .filter((each) => variableOf(each, "REGISTRY_PATH") !== path)
          .map((each) => finding(each, pathProperty, `the one of ${first?.path}`)),
        ...relays
          .filter(
            (each) => isSweeper(templates, each) && !opens(templates, variableOf(each, "REGISTRY_PATH")),
          )
          .map((each) => finding(each, pathProperty, "a path that openRegistry() opens")),
        ...registrationsOf(templates)
          .filter((entry) => first !== undefined && entry.path !== path)
          .map(({ parameter, name }) => finding(parameter, "Name", `${path}/${name}`)),
      ];
    },
  },
  {
    id: "registration-size",
    demand: `a parameter holds at most ${registrationBytesMax} bytes, or the deployment fails`,
    check: (templates) =>
      registrationsOf(templates)
        .filter(({ parameter }) => bytesOf(at(parameter, "Value")) > registrationBytesMax)
        .map(({ parameter }) => finding(parameter, "Value", "fewer types in a contract, or shorter names")),
  },
  {
    id: "registration-leaves",
    demand: "an entry must be deleted with its consumer, or messages go to a queue without one",
    check: (templates) =>
      registrationsOf(templates)
        .filter(({ parameter }) =>
          [parameter.deletionPolicy, parameter.updateReplacePolicy].some((policy) =>
            policy?.startsWith("Retain"),
          ),
        )
        .map(({ parameter }) => ({
          ...finding(parameter, "DeletionPolicy", "Delete"),
          value: parameter.deletionPolicy,
        })),
  },
  {
    id: "registry-read",
    demand: "a relay without permission to read the registry sends nothing",
    check: (templates) =>
      relaysOf(templates)
        .filter((each) => !mayRead(templates, each))
        .map((each) =>
          finding(
            each,
            pathProperty,
            `allow its role ${reads} on the path: useRegistry(), not addEnvironment`,
          ),
        ),
  },
  {
    id: "registry-closed",
    demand: "a role that can write the registry can get any message, and have any message signed",
    check: (templates) => {
      const roles = relaysOf(templates).map((each) => templates.referredTo(at(each, "Role")));
      return statementsOf(templates)
        .filter(
          ({ effect, resources }) =>
            effect !== "Deny" && resources.some((one) => isInRegistry(templates, one)),
        )
        .filter(
          (statement) =>
            statement.actions.some((action) => action !== reads) || !isOf(roles, statement.roles),
        )
        .map(({ holder, property, actions }) => ({
          resource: holder,
          property,
          value: actions,
          remedy: `only ${reads}, and only for the relay`,
        }));
    },
  },
];

const reads = "ssm:GetParametersByPath";

/** A relay that no stream invokes; and that of an app which has a relay at all. */
function isSweeper(templates: Templates, each: Resource): boolean {
  return !mappingsOf(templates).streams.some((mapping) => mapping.function === each);
}

function mayRead(templates: Templates, each: Resource): boolean {
  const role = templates.referredTo(at(each, "Role"));
  const path = String(variableOf(each, "REGISTRY_PATH"));
  return statementsOf(templates).some(
    ({ effect, roles, actions, resources }) =>
      effect === "Allow" &&
      role !== undefined &&
      roles.includes(role) &&
      actions.includes(reads) &&
      resources.some((one) => parameterIn(one) === path),
  );
}

function isInRegistry(templates: Templates, resource: unknown): boolean {
  const isEntry = registrationsOf(templates).some(
    ({ parameter }) => templates.referredTo(resource) === parameter,
  );
  const named = parameterIn(resource);
  if (isEntry || named === undefined) return isEntry;
  const [fixed = ""] = named.split(/[*?]/);
  const paths = relaysOf(templates).map((each) => String(variableOf(each, "REGISTRY_PATH")));
  return paths.some((path) => named.startsWith(path) || (fixed !== named && path.startsWith(fixed)));
}

/** `arn:…:ssm:…:parameter/a/b` → `/a/b`. */
function parameterIn(resource: unknown): string | undefined {
  return /^arn:[^:]*:ssm:[^:]*:[^:]*:parameter(.*)$/.exec(String(resource))?.[1];
}

/** A policy that names no role of the templates belongs to none of these roles. */
function isOf(roles: readonly (Resource | undefined)[], held: readonly (Resource | undefined)[]): boolean {
  const known = held.filter((role) => role !== undefined);
  return known.length > 0 && known.every((role) => roles.includes(role));
}

/** Estimates values that only CloudFormation knows. */
function bytesOf(value: unknown): number {
  return Buffer.byteLength(String(value).replace(/‹[^›]+›/g, "u".repeat(referenceBytes)));
}

const referenceBytes = 150;
