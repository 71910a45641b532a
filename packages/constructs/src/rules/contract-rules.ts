// Contracts: each function that commits has one, and no two of a stage have one name.
//
//   G2. The name is the scope of the evidence: of two functions with one name, each would treat the other's messages as already
//   processed. With separate tables they would still share keys of the outbox, a row of the dashboard and the operator's --queue.
//   G3. Each type that a contract publishes has a route, and each type that it accepts is routed to its queue.
import { contractVariable } from "@essentially-once/messaging/contract";
import { registrationsOf, relaysOf } from "./registrations.ts";
import { finding, type Rule } from "./rule.ts";
import type { Resource, Templates } from "./templates.ts";
import { variableOf } from "./wiring.ts";

const contractPath = `Environment.Variables.${contractVariable}`;

interface Told {
  readonly name: string;
  readonly accepts: readonly string[];
  readonly publishes: readonly string[];
  /** Of a queue that others fill. */
  readonly from?: { readonly form: string; readonly raw?: unknown };
}

export const contractRules: readonly Rule[] = [
  {
    id: "contract-told",
    demand: "at start, a function compares its handler's contract with this one",
    check: (templates) =>
      committing(templates)
        .filter((each) => contractOf(each) === undefined)
        .map((each) =>
          finding(each, contractPath, "add the function by addConsumer, addEndpoint or addProjection"),
        ),
  },
  {
    id: "contract-name-once",
    demand: "two functions with one name treat each other's messages as processed",
    check: (templates) =>
      [...Map.groupBy(committing(templates), scopeOf).values()]
        .filter((sharing) => sharing.length > 1)
        .flat()
        .filter((each) => contractOf(each) !== undefined)
        .map((each) => finding(each, contractPath, "another name: contract names must be unique")),
  },
  {
    id: "contract-name-is-service",
    demand: "evidence, logs and the operator's commands must use one name for a function",
    check: (templates) =>
      committing(templates)
        .filter((each) => contractOf(each) !== undefined)
        .filter((each) => ![undefined, contractOf(each)?.name].includes(serviceOf(each)))
        .map((each) =>
          finding(each, "Environment.Variables.POWERTOOLS_SERVICE_NAME", `${contractOf(each)?.name}`),
        ),
  },
  {
    id: "contract-routed",
    demand: "messages of a type without a consumer stay in the outbox",
    check: (templates) => {
      if (relaysOf(templates).length === 0) return []; // the relay is not in this app
      const entries = registrationsOf(templates);
      const routed = new Set(entries.flatMap(({ accepts, elsewhere }) => [...accepts, ...elsewhere]));
      return committing(templates).flatMap((each) =>
        (contractOf(each)?.publishes ?? [])
          .filter((type) => !routed.has(type))
          .map((type) => finding(each, contractPath, `a consumer that accepts ${type}`)),
      );
    },
  },
];

/** Functions that keep evidence: whatever processes messages or requests. */
function committing(templates: Templates): Resource[] {
  return templates
    .ofType("AWS::Lambda::Function")
    .filter((each) => variableOf(each, "EVIDENCE_TABLE") !== undefined);
}

/** The name, and the stage, which an app may have several of and which counts by itself; a function without a contract is alone. */
function scopeOf(each: Resource): unknown {
  const contract = contractOf(each);
  if (contract === undefined) return each;
  return JSON.stringify([contract.name, variableOf(each, "POWERTOOLS_METRICS_NAMESPACE")]);
}

function serviceOf(each: Resource): string | undefined {
  const name = variableOf(each, "POWERTOOLS_SERVICE_NAME");
  return name === undefined ? undefined : String(name);
}

export function contractOf(each: Resource): Told | undefined {
  const text = variableOf(each, contractVariable);
  if (typeof text !== "string") return undefined;
  try {
    const { name, accepts, publishes, from } = JSON.parse(text);
    return typeof name === "string" && Array.isArray(accepts) && Array.isArray(publishes)
      ? { name, accepts, publishes, ...(from && { from }) }
      : undefined;
  } catch {
    return undefined; // contract-told says it
  }
}
