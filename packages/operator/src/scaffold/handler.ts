// The handlers that `npm run new` writes: one for each mode, each small enough to be rewritten.
import type { ConsumerCommand } from "./command.ts";
import { contractImport } from "./contracts.ts";
import type { KnownType } from "./known-types.ts";
import { camel, constant, pascal } from "./names.ts";

export interface HandlerSource {
  readonly command: Pick<ConsumerCommand, "name" | "mode">;
}

/** The environment variable that names the service's table. */
export function tableVariable(service: string): string {
  return `${constant(service)}_TABLE`;
}

/** The environment variable that names the other system of an effect. */
export function addressVariable(name: string): string {
  return `${constant(name)}_URL`;
}

export function importsOf(types: readonly KnownType[]): string {
  return types
    .map(({ exported, path }) => `import { ${exported} } from "${path.replace("functions", "..")}";`)
    .join("\n");
}

export function handlerSource(source: HandlerSource): string {
  return { rows, inline, effect, "at-most-once": atMostOnce }[source.command.mode](source);
}

function rows({ command: { name } }: HandlerSource): string {
  return `// Describe in one sentence what ${name.name} does with a message.
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
import { type Versioned, versionedTable } from "@essentially-once/messaging/versioned-table";
${contractImport(name)}

interface Tally extends Versioned {
  readonly messages: number;
}

const tallies = versionedTable<Tally>(environment("${tableVariable(name.service)}"));

export const handler = consumer(${camel(name.name)})
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .handler(async (message, unit) => {
${count(name.name)}
  });
`;
}

function inline({ command: { name } }: HandlerSource): string {
  return `// Describe in one sentence what ${name.name} does with a message. It changes one item, which holds the evidence.
import { consumer } from "@essentially-once/messaging/consumer";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import { type Versioned, versionedTable } from "@essentially-once/messaging/versioned-table";
${contractImport(name)}

interface Tally extends Versioned {
  readonly messages: number;
}

const table = environment("${tableVariable(name.service)}");
const tallies = versionedTable<Tally>(table);
const itemOf = ({ partitionkey }: Envelope) => \`${name.name}#\${partitionkey}\`;

export const handler = consumer(${camel(name.name)})
  .use(guards())
  .use(idempotency({ evidence: inline({ table, itemOf }) }))
  .handler(async (message, unit) => {
${count(name.name)}
  });
`;
}

function effect({ command: { name } }: HandlerSource): string {
  return `// Describe in one sentence what ${name.name} has the other system do: once for each message, looked up after a crash.
import { consumer } from "@essentially-once/messaging/consumer";
import { effects } from "@essentially-once/messaging/effect";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
import { type Versioned, versionedTable } from "@essentially-once/messaging/versioned-table";
${contractImport(name)}
import { ${pascal(name.name)}Api } from "./${name.name}-api.ts";

const done = versionedTable<Versioned>(environment("${tableVariable(name.service)}"));
const api = new ${pascal(name.name)}Api(environment("${addressVariable(name.name)}"));

export const handler = consumer(${camel(name.name)})
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .use(effects())
  .handler(async (message, unit, { effect }) => {
    const reference = message.id; // what the other side knows it by: the same in every delivery
    await effect(\`${name.name}:\${reference}\`, {
      perform: ({ signal }) => api.perform(reference, signal),
      lookup: ({ signal }) => api.find(reference, signal),
    });
    unit.write(done.save({ id: \`${name.name}#\${reference}\`, version: 0 }));
  });
`;
}

function atMostOnce({ command: { name } }: HandlerSource): string {
  return `// Describe in one sentence what ${name.name} does with a message. It may lose one, but never processes one twice.
import { atMostOnce } from "@essentially-once/messaging/at-most-once";
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
${contractImport(name)}

const TableName = environment("${tableVariable(name.service)}");

export const handler = consumer(${camel(name.name)})
  .use(guards())
  .use(atMostOnce())
  .handler(async (message, unit) => {
    unit.write({
      Update: {
        TableName,
        Key: { id: { S: \`${name.name}#\${message.partitionkey}\` } },
        UpdateExpression: "ADD #messages :one", // needs no condition: the message is taken at most once
        ExpressionAttributeNames: { "#messages": "messages" },
        ExpressionAttributeValues: { ":one": { N: "1" } },
      },
    });
  });
`;
}

function count(name: string): string {
  return `    const id = \`${name}#\${message.partitionkey}\`;
    const tally = (await tallies.get(id)) ?? { id, version: 0, messages: 0 };
    unit.write(tallies.save({ ...tally, messages: tally.messages + 1 }));`;
}
