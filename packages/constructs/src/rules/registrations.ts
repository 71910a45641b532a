// The registry entries in the templates: one for each contract, as the relay will read it.
import { openedName } from "@essentially-once/messaging/internal/publish/registration";
import type { Resource, Templates } from "./templates.ts";
import { at, variableOf } from "./wiring.ts";

export interface TemplateRegistration {
  readonly parameter: Resource;
  /** Its name in Parameter Store: the path, and the contract's name. */
  readonly path: string;
  readonly name: string;
  readonly accepts: readonly string[];
  /** As the entry names it. */
  readonly queue: unknown;
  readonly publishes: readonly string[];
  readonly table: unknown;
  readonly elsewhere: readonly string[];
}

/** Entries that can be read; a contract without one is missing in the registry. */
export function registrationsOf(templates: Templates): readonly TemplateRegistration[] {
  return templates.derived(registrations);
}

function registrations(templates: Templates): readonly TemplateRegistration[] {
  return templates.ofType("AWS::SSM::Parameter").flatMap((parameter) => {
    const { accepts, queue, publishes, table, elsewhere = [] } = entryIn(parameter);
    if (!Array.isArray(accepts) || !Array.isArray(publishes) || !Array.isArray(elsewhere)) return [];
    const [, path = "", name = ""] = /^(.*)\/([^/]*)$/.exec(String(at(parameter, "Name"))) ?? [];
    const accepted = accepts.flat().map(String);
    return [
      { parameter, path, name, accepts: accepted, queue, publishes: publishes.map(String), table, elsewhere },
    ];
  });
}

/** Publishers and sweepers: the functions that send by the registry. */
export function relaysOf(templates: Templates): Resource[] {
  return templates
    .ofType("AWS::Lambda::Function")
    .filter((each) => variableOf(each, "REGISTRY_PATH") !== undefined);
}

/** Without the parameter nothing is sent. */
export function opens(templates: Templates, path: unknown): boolean {
  return templates
    .ofType("AWS::SSM::Parameter")
    .some((parameter) => at(parameter, "Name") === `${path}/${openedName}`);
}

function entryIn(parameter: Resource): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(String(at(parameter, "Value"))));
  } catch {
    return {}; // its contract is missing then
  }
}
