// The contract of a new function, beside the others of its service: its handler and its stack import it from there.
import type { Draft } from "./draft.ts";
import type { KnownType } from "./known-types.ts";
import { camel, type FunctionName } from "./names.ts";
import { withImport } from "./wiring.ts";

/** Adds the contract to `functions/<service>/contracts.ts`, which is made when there is none. */
export function addContract(files: Draft, name: FunctionName, types: readonly KnownType[]): void {
  const path = contractsPath(name);
  if (files.read(path) === undefined) files.create(path, header(name));
  files.change(path, (text) => {
    let edited = `${text}\n${declaration(name, types)}`;
    for (const type of types) edited = withImport(edited, type.exported, fromFunctions(name, type));
    return edited;
  });
}

export function contractsPath({ service }: FunctionName): string {
  return `functions/${service}/contracts.ts`;
}

export function contractImport({ name }: FunctionName): string {
  return `import { ${camel(name)} } from "./contracts.ts";`;
}

function fromFunctions({ service }: FunctionName, { path }: KnownType): string {
  const [, owner] = path.split("/");
  return owner === service ? "./messages.ts" : path.replace("functions", "..");
}

function header({ service }: FunctionName): string {
  return `// The contracts of the functions of the ${service} service: their names, and the messages that they accept and publish.
import { contract } from "@essentially-once/messaging/contract";
`;
}

function declaration({ name }: FunctionName, types: readonly KnownType[]): string {
  return `export const ${camel(name)} = contract({
  name: "${name}",
  accepts: [${types.map(({ exported }) => exported).join(", ")}],
  publishes: [],
});
`;
}
