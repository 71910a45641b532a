// A new projection: its handler, the proof of it, and its line in the service's stack.
import type { ProjectionCommand } from "./command.ts";
import { addContract, contractImport, contractsPath } from "./contracts.ts";
import type { Draft } from "./draft.ts";
import { tableVariable } from "./handler.ts";
import { draftsOf, type KnownType, requireTypes } from "./known-types.ts";
import { camel, requireFree } from "./names.ts";
import { eachAccepted, fromTests } from "./proof.ts";
import { wire } from "./wiring.ts";

export async function newProjection(files: Draft, command: ProjectionCommand): Promise<string> {
  const { name } = command;
  requireFree(name, files);
  const types = requireTypes(files, command.accepts);
  const drafts = await draftsOf(files, types, command.examples);
  const path = `functions/${name.service}/${name.name}.ts`;
  addContract(files, name, { accepts: types });
  files.create(path, source(command));
  files.create(`test/${path.replace(".ts", ".test.ts")}`, proof(command, types, drafts));
  wire(files, {
    service: name.service,
    imports: [{ exported: camel(name.name), path: contractsPath(name) }],
    statement: `this.addProjection(${camel(name.name)});`,
  });
  return `Next: implement ${path}. It runs every minute;
  npm run journal -- rebuild ${name.name}    begins again at the first message, beside the state that serves`;
}

function source({ name }: ProjectionCommand): string {
  return `// Describe in one sentence what ${name.name} builds from the journal. State and offset commit together.
import { environment } from "@essentially-once/messaging/environment";
import { journal } from "@essentially-once/messaging/journal";
import { projection } from "@essentially-once/messaging/projection";
import type { Versioned } from "@essentially-once/messaging/versioned-table";
${contractImport(name)}

interface Tally extends Versioned {
  readonly messages: number;
}

export const handler = projection(${camel(name.name)}, {
  journal: journal(),
  table: environment("${tableVariable(name.service)}"),
}).handler(async (message, unit, state) => {
  const tallies = state<Tally>("tally");
  const id = message.partitionkey;
  const tally = (await tallies.get(id)) ?? { id, version: 0, messages: 0 };
  unit.write(tallies.save({ ...tally, messages: tally.messages + 1 }));
});
`;
}

function proof({ name }: ProjectionCommand, types: readonly KnownType[], drafts: readonly string[]): string {
  const variable = tableVariable(name.service);
  return `// Crash test of this projection: every AWS call fails, loses its response, or kills the process …
import { expect, it } from "vitest";
import { asciiJson } from "@essentially-once/messaging/envelope";
${fromTests(name, types)}
import { exploreProjection } from "@essentially-once/testing/explore-projection";
import { anEnvelope } from "@essentially-once/testing/an-envelope";

${eachAccepted({ name, drafts })}
it.each(drafts)("G10: $type of the journal takes effect once, whichever call fails", async (draft) => {
  await exploreProjection("functions/${name.service}/${name.name}.ts", {
    tables: { ${variable}: {} },
    messages: (id) => [asciiJson(anEnvelope({ ...draft, id, partitionkey: id }))],
    invariant: async (sandbox, id) => {
      expect(await sandbox.get("${variable}", \`${name.name}@1#tally#\${id}\`)).toMatchObject({ messages: 1 });
    },
  });
});
`;
}
