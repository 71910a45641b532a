// A new endpoint: its command, its handler, the proof of it, and its line in the service's stack.
import type { EndpointCommand } from "./command.ts";
import { addContract, contractImport, contractsPath } from "./contracts.ts";
import type { Draft } from "./draft.ts";
import { importsOf, tableVariable } from "./handler.ts";
import { exampleOf, type KnownType, requireTypes } from "./known-types.ts";
import { declareMessage } from "./message.ts";
import { camel, readTypeName, requireFree } from "./names.ts";
import { nowFromHere, unaccepted, wire } from "./wiring.ts";

export async function newEndpoint(files: Draft, { name, publishes }: EndpointCommand): Promise<string> {
  requireFree(name, files);
  const published = requireTypes(files, publishes, "publishes");
  const command = readTypeName(`${name.service}.${name.name}.v1`);
  const accepted: KnownType = { ...command, path: declareMessage(files, command) };
  const path = `functions/${name.service}/${name.name}.ts`;
  addContract(files, name, { accepts: [accepted], publishes: published });
  const drafts: string[] = [];
  for (const type of published) drafts.push(`${type.exported}.from(${await dataFor(files, type)})`);
  files.create(path, source({ name }, published, drafts));
  files.create(`test/${path.replace(".ts", ".test.ts")}`, proof({ name }, published));

  nowFromHere(files, "expectFromElsewhere", published);
  const missing = unaccepted(files, published);
  wire(files, {
    service: name.service,
    imports: [
      { exported: camel(name.name), path: contractsPath(name) },
      ...missing.map(({ exported, path: from }) => ({ exported, path: from })),
    ],
    statement: [
      `this.addEndpoint(${camel(name.name)});`,
      ...(missing.length > 0
        ? [`this.acceptedElsewhere(${missing.map(({ exported }) => exported).join(", ")});`]
        : []),
    ].join("\n"),
  });
  return [
    `Next: say in functions/${name.service}/messages.ts what a request holds, and write what ${path} does; its test holds it to its promise:`,
    `  npx vitest run test/functions/${name.service}/${name.name}.test.ts`,
    ...missing.map(
      ({ type }) =>
        `Nothing accepts ${type} yet, and the stack says so: npm run new -- consumer SERVICE/NAME --accepts ${type}`,
    ),
  ].join("\n");
}

/** The request's own data where they fit, otherwise an example to be replaced. */
async function dataFor(files: Draft, type: KnownType): Promise<string> {
  const example = await exampleOf(files, type, undefined);
  return example === '{"id":"example"}' ? "{ id: request.data.id }" : example;
}

function source(
  { name }: Pick<EndpointCommand, "name">,
  published: readonly KnownType[],
  drafts: readonly string[],
): string {
  return `// POST: what ${name.name} does with a request, in a sentence. The same Idempotency-Key gets the same answer, and takes effect once.
import { endpoint } from "@essentially-once/messaging/endpoint";
import { environment } from "@essentially-once/messaging/environment";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
import { type Versioned, versionedTable } from "@essentially-once/messaging/versioned-table";
${contractImport(name)}
${importsOf(published).replaceAll(`"../${name.service}/`, '"./')}

const requests = versionedTable<Versioned>(environment("${tableVariable(name.service)}"));

export const handler = endpoint(${camel(name.name)})
  .use(idempotency({ evidence: rows() }))
  .handler(async (request, unit) => {
    const { id } = request; // the same whenever the request is repeated
    unit.write(requests.save({ id: \`${name.name}#\${id}\`, version: 0 }));
    ${drafts.map((draft) => `unit.publish(${draft});`).join("\n")}
    return { id };
  });
`;
}

function proof({ name }: Pick<EndpointCommand, "name">, published: readonly KnownType[]): string {
  const variable = tableVariable(name.service);
  const types = published.map(({ exported }) => `${exported}.type`).join(", ");
  return `// The proof that this endpoint keeps its promises: every call that it makes fails, loses its answer, kills the process …
import { expect, it } from "vitest";
${importsOf(published).replaceAll('"../', '"../../../functions/')}
import { exploreEndpoint } from "@essentially-once/testing/explore-endpoint";

it("G1, G2: a request takes effect once, whatever fails at whichever call", async () => {
  await exploreEndpoint("functions/${name.service}/${name.name}.ts", {
    tables: { ${variable}: {} },
    request: (id) => ({ id }),
    invariant: async (sandbox, _id, { answer, published }) => {
      expect(await sandbox.get("${variable}", \`${name.name}#\${answer.id}\`)).toMatchObject({ version: 1 });
      expect(published.map(({ type }) => type)).toEqual([${types}]);
    },
  });
});
`;
}
