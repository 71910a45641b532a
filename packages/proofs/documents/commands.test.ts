// The commands and imports that the documents show exist. README's commands are run (gates/readme-commands.ts),
// as are those of docs/make-it-yours.md (gates/packed.ts); the others need AWS, or a local cloud that is up.
import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { consumersTool } from "@essentially-once/operator/internal/consumers/consumers-tool";
import { dlqTool } from "@essentially-once/operator/internal/dead-letters/dlq-tool";
import { parseDeployArguments } from "@essentially-once/operator/internal/deploy/deploy-arguments";
import { journalTool } from "@essentially-once/operator/internal/journal/journal-tool";
import { outboxTool } from "@essentially-once/operator/internal/outbox/outbox-tool";
import { routesTool } from "@essentially-once/operator/internal/routes/routes-tool";
import { readCommand, type Tool } from "@essentially-once/operator/internal/terminal/command-line";
import { expect, test } from "vitest";

const documents = globSync("{*.md,docs/**/*.md,packages/*/README.md}").filter(
  (file) => file !== "CHANGELOG.md", // names what is gone, too
);
const tools: Readonly<Record<string, Tool<string>>> = {
  consumers: consumersTool,
  dlq: dlqTool,
  journal: journalTool,
  outbox: outboxTool,
  routes: routesTool,
};
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};

test("each command in a document is one that the programs take", () => {
  const shown = documents.flatMap((file) =>
    commandsIn(readFileSync(file, "utf8")).map((command) => ({ file, command })),
  );
  expect(shown.length).toBeGreaterThan(20);
  const wrong = shown.flatMap(({ file, command }) => {
    const why = refusalOf(command);
    return why === undefined ? [] : [`${file}: ${command}: ${why}`];
  });
  expect(wrong).toEqual([]);
});

test("each entry point that a document imports exports what it takes from there", () => {
  const imports = documents.flatMap((file) =>
    importsIn(readFileSync(file, "utf8")).map((one) => ({ file, ...one })),
  );
  expect(imports.length).toBeGreaterThan(5);
  expect(imports.filter(({ name, entry }) => !exportsOf(entry).includes(name))).toEqual([]);
  const wrong = importsIn('import { rows, type Columns } from "@essentially-once/messaging/rows";\n');
  expect(wrong.map(({ name, entry }) => exportsOf(entry).includes(name))).toEqual([true, false]);
});

test.each([
  ["npm run nothing", "no script"],
  ["npm run dlq -- redrive --slowly", "--slowly"],
  ["npm run dlq -- list --wait", "--wait"],
  ["npx essentially-once dlq mend", "mend"],
  ["npm run deploy -- --stage moon --slowly", "--slowly"],
  ["npx vitest run packages/nowhere/x.test.ts", "no file"],
])("refuses %s", (command, why) => {
  expect(refusalOf(command)).toContain(why);
});

/** Lines of `sh` blocks, and what else is set as code and calls an operator's command with a verb. */
function commandsIn(document: string): string[] {
  const blocks = [...document.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = ""]) => block);
  const inline = [...document.matchAll(/`(npm run (?:dlq|journal|outbox|routes|deploy) -- [^`]+)`/g)];
  return [
    ...blocks.flatMap((block) => block.split("\n")).flatMap((line) => line.split(" && ")),
    ...inline.map(([, command = ""]) => command.replaceAll("\n", " ")),
  ].filter((command) => /\b(npm run|npx) /.test(command));
}

function importsIn(document: string): { name: string; entry: string }[] {
  const statements = document.matchAll(/^import (?:type )?\{([^}]+)\} from "(@essentially-once\/[^"]+)";/gm);
  return [...statements].flatMap(([, names = "", entry = ""]) =>
    names.split(",").map((name) => ({ name: name.replace(/^\s*(type )?|\s*$/g, ""), entry })),
  );
}

function exportsOf(entry: string): string[] {
  const source = readFileSync(fileURLToPath(import.meta.resolve(entry)), "utf8");
  const declared = source.matchAll(
    /^export (?:async )?(?:abstract )?(?:function|const|class|interface|type) (\w+)/gm,
  );
  return [...declared].map(([, name = ""]) => name);
}

/** Why the program would refuse it, as far as that can be said without running it. */
function refusalOf(command: string): string | undefined {
  const words = [...command.replace(/\s#.*/, "").matchAll(/"([^"]*)"|\S+/g)].map(
    ([word, quoted]) => quoted ?? word,
  );
  const missing = words.find((word) => /^packages\/\S+\.ts$/.test(word) && !existsSync(word));
  if (missing !== undefined) return `no file ${missing}`;
  const [program, verb = "", ...rest] = words.slice(words.findIndex((word) => /^(npm|npx)$/.test(word)));
  if (program === "npx") return verb === "essentially-once" ? refusedBy(rest) : undefined;
  const [script = ""] = rest;
  if (scripts[script] === undefined) return `no script ${script}`;
  return refusedBy([script, ...rest.slice(2)]);
}

function refusedBy([name = "", ...options]: readonly string[]): string | undefined {
  const tool = tools[name];
  try {
    if (name === "deploy") parseDeployArguments(["--stage", "dev", ...options], {});
    else if (tool !== undefined) readCommand(tool, withOperands(tool, options));
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** In a sentence a verb stands without the ID that it takes, as `deploy` does without its stage. */
function withOperands(tool: Tool<string>, options: readonly string[]): string[] {
  const [verb = "", ...more] = options;
  const operands = tool.verbs[verb]?.operands;
  const given = more[0] !== undefined && !more[0].startsWith("-");
  return operands === undefined || given ? [...options] : [verb, operands, ...more];
}
