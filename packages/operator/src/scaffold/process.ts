// A new process: its table among the contracts of its service, its time-out, its handler, the exploration of it, and its line
// in the service's stack.
import type { ProcessCommand } from "./command.ts";
import { contractsPath } from "./contracts.ts";
import type { Draft } from "./draft.ts";
import { importsOf, tableVariable } from "./handler.ts";
import { draftsOf, type KnownType, requireTypes } from "./known-types.ts";
import { declareMessage } from "./message.ts";
import { camel, constant, pascal, readTypeName, requireFree } from "./names.ts";
import { nowFromHere, unpublished, wire, withImport } from "./wiring.ts";

export async function newProcess(files: Draft, command: ProcessCommand): Promise<string> {
  const { name } = command;
  requireFree(name, files);
  const types = requireTypes(files, command.accepts);
  const drafts = await draftsOf(files, types, command.examples);
  const overdue = readTypeName(`${name.service}.${name.name}-overdue.v1`);
  const timeout: KnownType = { ...overdue, path: declareMessage(files, overdue) };
  const path = `functions/${name.service}/${name.name}.ts`;
  addTable(files, command, [...types, timeout]);
  files.create(path, handler(command));
  files.create(`test/${path.replace(".ts", ".test.ts")}`, proof(command, types, { timeout, drafts }));
  nowFromHere(files, "acceptedElsewhere", types);
  const missing = unpublished(files, types);
  wire(files, {
    service: name.service,
    imports: [
      { exported: camel(name.name), path: contractsPath(name) },
      ...missing.map(({ exported, path }) => ({ exported, path })),
    ],
    messagesInItems: true,
    statement: `this.addConsumer(${camel(name.name)});${
      missing.length === 0
        ? ""
        : `\nthis.expectFromElsewhere(${missing.map(({ exported }) => exported).join(", ")});`
    }`,
  });
  return `Next: decide the table of ${camel(name.name)} in ${contractsPath(name)}, then run its exploration:
  npx vitest run test/functions/${name.service}/${name.name}.test.ts`;
}

function addTable(files: Draft, { name }: ProcessCommand, types: readonly KnownType[]): void {
  const path = contractsPath(name);
  if (files.read(path) === undefined) {
    files.create(
      path,
      `// The contracts of the ${name.service} service.
import { process, stored } from "@essentially-once/messaging/process";
`,
    );
  }
  files.change(path, (text) => {
    let edited = `${text}\n${table(name, types)}`;
    for (const exported of ["process", "stored", "type ProcessItem"])
      edited = withImport(edited, exported, "@essentially-once/messaging/process");
    for (const type of types) {
      const [, owner] = type.path.split("/");
      const from = owner === name.service ? "./messages.ts" : type.path.replace("functions", "..");
      edited = withImport(edited, type.exported, from);
    }
    return edited;
  });
}

function table({ service, name }: ProcessCommand["name"], types: readonly KnownType[]): string {
  const names = types.map(({ exported }) => exported);
  const [first, ...others] = names.slice(0, -1);
  const timeout = names.at(-1);
  return `interface ${pascal(name)}Item extends ProcessItem {
  readonly status: "waiting" | "done" | "overdue";
  readonly key: string;
}

/** The first message begins it, any other ends it, and so does a day without one. */
export const ${camel(name)} = process({
  name: "${name}",
  accepts: [${names.join(", ")}],
  publishes: [${timeout}],
  schedules: [${timeout}],
  table: stored<${pascal(name)}Item>("${tableVariable(service)}"),
  key: ({ partitionkey }) => \`${name}#\${partitionkey}\`,
  states: {
    none: {
      [${first}.type]: { to: "waiting", step: ({ partitionkey }) => ({ change: { key: partitionkey } }) },
      ${others.map((one) => `[${one}.type]: { park: "${constant(name)}_UNKNOWN" },`).join("\n")}
      [${timeout}.type]: "ignored",
    },
    waiting: {
      timeout: { type: ${timeout}, data: ({ key }) => ({ id: key }), after: { days: 1 } },
      [${first}.type]: "ignored",
      ${others.map((one) => `[${one}.type]: { to: "done" },`).join("\n")}
      [${timeout}.type]: { to: "overdue" },
    },
    ${others.length === 0 ? "" : 'done: { final: true, every: "ignored" },'}
    overdue: { final: true, every: "ignored" },
  },
});
`.replace(others.length === 0 ? ' | "done"' : "\0", "");
}

function handler({ name: { service, name } }: ProcessCommand): string {
  return `// Describe in one sentence what ${name} waits for. Its table is in contracts.ts.
import { advance } from "@essentially-once/messaging/advance";
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import { schedules } from "@essentially-once/messaging/schedules";
import { ${camel(name)} } from "./contracts.ts";

const table = environment("${tableVariable(service)}");

export const handler = consumer(${camel(name)})
  .use(guards())
  .use(idempotency({ evidence: inline({ table, itemOf: ${camel(name)}.key }) }))
  .use(schedules())
  .handler(advance(${camel(name)}));
`;
}

function proof(
  { name }: ProcessCommand,
  types: readonly KnownType[],
  { timeout, drafts }: { readonly timeout: KnownType; readonly drafts: readonly string[] },
): string {
  const { service, name: own } = name;
  const imported = importsOf([
    { type: "", exported: camel(own), path: contractsPath(name) },
    ...types,
    timeout,
  ]);
  return `// Explores this process: every order of arrival, duplicates, late time-outs, and every fault on the way to each move.
import { exploreProcess } from "@essentially-once/testing/explore-process";
import { it } from "vitest";
${imported.replaceAll('"../', '"../../../functions/')}

it("G14: does what its table says in every order of arrival, whichever call fails", async () => {
  await exploreProcess(${camel(own)}, "functions/${service}/${own}.ts", {
    guarded: true, // signed messages, as the relay sends them
    tables: { ${tableVariable(service)}: { stream: true } },
    messages: (id) => {
      const drafts = [${drafts.join(", ")}, ${timeout.exported}.from({ id })];
      return drafts.map((draft) => ({ ...draft, partitionkey: id }));
    },
  });
});
`;
}
