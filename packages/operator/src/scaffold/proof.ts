// The tests that `npm run new` writes: a handler under every single fault at each of its calls.
import type { ConsumerCommand, Mode } from "./command.ts";
import { contractsPath } from "./contracts.ts";
import { addressVariable, importsOf, tableVariable } from "./handler.ts";
import type { KnownType } from "./known-types.ts";
import { camel, type FunctionName } from "./names.ts";

export interface ProofSource {
  readonly command: Pick<ConsumerCommand, "name" | "mode" | "fifo">;
  /** What the handler accepts: each is tried. */
  readonly types: readonly KnownType[];
  /** A draft of a message of each type, as an expression. */
  readonly drafts: readonly string[];
}

export function proofSource(source: ProofSource): string {
  const { command, types, drafts } = source;
  const { mode, fifo, name } = command;
  const variable = tableVariable(name.service);
  const isEffect = mode === "effect";
  return `// Crash test of this handler: every AWS call fails, loses its response, or kills the process …
import { ${isEffect ? "afterAll, beforeAll, " : ""}expect, it } from "vitest";
import { asciiJson } from "@essentially-once/messaging/envelope";
${fromTests(name, types)}
import { exploreCrashes } from "@essentially-once/testing/explore-crashes";
${isEffect ? 'import { aCarrier, type TestCarrier } from "@essentially-once/testing/a-carrier";\n' : ""}import { anEnvelope } from "@essentially-once/testing/an-envelope";

${isEffect ? otherSide : ""}${eachAccepted({ name, drafts })}
it.each(drafts)("${promises[mode]}", async (draft) => {
  await exploreCrashes("functions/${name.service}/${name.name}.ts", {
    guarded: true, // signed messages, as the relay sends them
    tables: { ${variable}: {${mode === "inline" ? " stream: true " : ""}} },
${options(command)}messages: (id) => [${messageSource(fifo)}],
    invariant: async (sandbox, id) => {
      ${invariant(command, variable)}
      expect(await sandbox.deadLetters("main")).toEqual([]);
    },
  });
});
`;
}

export function fromTests(name: FunctionName, types: readonly KnownType[]): string {
  return importsOf([
    { type: "", exported: camel(name.name), path: contractsPath(name) },
    ...types,
  ]).replaceAll('"../', '"../../../functions/');
}

/** What the contract accepts later has no draft yet, and is not forgotten. */
export function eachAccepted({
  name: { name },
  drafts,
}: {
  readonly name: FunctionName;
  readonly drafts: readonly string[];
}): string {
  return `const drafts = [${drafts.join(", ")}];

it("each type that is accepted is tried below", () => {
  expect(drafts.map(({ type }) => type)).toEqual(${camel(name)}.accepts.map(({ type }) => type));
});
`;
}

const promises: Readonly<Record<Mode, string>> = {
  rows: "G2: $type takes effect once, whichever call fails",
  inline: "G2: $type takes effect once, whichever call fails",
  effect: "G8: the other system acts once for $type, whichever call fails",
  "at-most-once": "G9: $type takes effect once or not at all, whichever call fails",
};

const otherSide = `let other: TestCarrier;
beforeAll(async () => {
  other = await aCarrier(); // any server that acts on each POST and can be asked by reference
});
afterAll(() => other.stop());

`;

/** The key tells the items of a run from those of all others. */
function messageSource(fifo: boolean): string {
  const body = "asciiJson(anEnvelope({ ...draft, id, partitionkey: id }))";
  return fifo ? `{ key: id, body: ${body} }` : body;
}

function invariant({ mode, name }: ProofSource["command"], variable: string): string {
  const id = `\`${name.name}#\${id}\``;
  if (mode === "effect") {
    return `expect(other.consignments(id)).toBe(1);
      expect(await sandbox.get("${variable}", ${id})).toMatchObject({ version: 1 });`;
  }
  if (mode === "at-most-once") {
    return `expect([undefined, 1]).toContain((await sandbox.get("${variable}", ${id}))?.messages);`;
  }
  return `expect(await sandbox.get("${variable}", ${id})).toMatchObject({ messages: 1 });`;
}

function options(command: ProofSource["command"]): string {
  const { mode, fifo, name } = command;
  const address = `environment: () => ({ ${addressVariable(name.name)}: other.url }),`;
  return [fifo ? "fifo: true," : "", mode === "effect" ? address : "", impossible(command)].join("");
}

/** Faults that cannot happen, with the reason. */
function impossible({ mode, fifo }: ProofSource["command"]): string {
  const why: Record<string, string> = {};
  if (mode === "effect") {
    why["frozen-before"] = "a process stopped right before its request, for longer than its lease, acts late";
  }
  if (fifo) {
    for (const kind of ["twice-before", "twice-after", "frozen-before", "frozen-after"]) {
      why[kind] = "a FIFO group is with one invocation at a time";
    }
  }
  return Object.keys(why).length === 0 ? "" : `without: ${JSON.stringify(why)},`;
}
