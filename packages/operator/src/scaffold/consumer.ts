// A new consumer: its handler, the proof of it, and its line in the service's stack.
import type { ConsumerCommand } from "./command.ts";
import { addContract, contractsPath } from "./contracts.ts";
import type { Draft } from "./draft.ts";
import { effectApiSource } from "./effect-api.ts";
import { addressVariable, handlerSource } from "./handler.ts";
import { draftsOf, type KnownType, requireTypes } from "./known-types.ts";
import { camel, requireFree } from "./names.ts";
import { proofSource } from "./proof.ts";
import { nowFromHere, unpublished, wire } from "./wiring.ts";

export async function newConsumer(files: Draft, command: ConsumerCommand): Promise<string> {
  const { name, mode } = command;
  requireFree(name, files);
  const types = requireTypes(files, command.accepts);
  const drafts = await draftsOf(files, types, command.examples);
  const path = `functions/${name.service}/${name.name}.ts`;
  addContract(files, name, { accepts: types });
  files.create(path, handlerSource({ command }));
  if (mode === "effect") {
    files.create(`functions/${name.service}/${name.name}-api.ts`, effectApiSource(name));
  }
  files.create(`test/${path.replace(".ts", ".test.ts")}`, proofSource({ command, types, drafts }));

  nowFromHere(files, "acceptedElsewhere", types);
  const missing = unpublished(files, types);
  wire(files, {
    service: name.service,
    imports: [
      { exported: camel(name.name), path: contractsPath(name) },
      ...missing.map(({ exported, path }) => ({ exported, path })),
    ],
    messagesInItems: mode === "inline",
    statement: `${statement(command)}\n${expectation(missing)}`,
  });
  return [
    `Next: implement ${path}, then run its crash test:`,
    `  npx vitest run test/functions/${name.service}/${name.name}.test.ts`,
    ...missing.map(
      ({ type }) =>
        `No contract publishes ${type} yet; the stack expects it from elsewhere. Add it to \`publishes\` of its producer's contract.`,
    ),
  ].join("\n");
}

function statement({ name, mode, fifo }: ConsumerCommand): string {
  const options = [
    fifo ? "fifo: true" : "",
    mode === "effect" ? `environment: { ${addressVariable(name.name)}: "https://example.com" }` : "",
  ].filter((option) => option !== "");
  const given = options.length > 0 ? `, { ${options.join(", ")} }` : "";
  return `this.addConsumer(${camel(name.name)}${given});`;
}

function expectation(missing: readonly KnownType[]): string {
  if (missing.length === 0) return "";
  return `this.expectFromElsewhere(${missing.map(({ exported }) => exported).join(", ")});`;
}
