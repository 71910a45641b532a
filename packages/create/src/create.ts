#!/usr/bin/env node
// `npm create essentially-once DIRECTORY`: writes an app. It asks nothing, overwrites nothing, and installs nothing.
import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";
import { withoutSample } from "./without-sample.ts";
import { type Files, readTemplate, writeApp } from "./write-app.ts";

const help = `npm create essentially-once DIRECTORY [-- --sample | --empty]

  DIRECTORY   where the app goes: a new or empty directory. It gets one endpoint, one queue and one consumer, with crash tests
  --sample    the sample instead: orders, credit, shipping and insights
  --empty     only the shared stacks: npm run new writes the first service
  --help      this text
`;

/** What an app remembers of its copies of the template; the template has one for each kind of app. */
const stateFile = "essentially-once.json";

class Wrong extends Error {}

try {
  process.stdout.write(create(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof Wrong)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

function create(argv: readonly string[]): string {
  const { values, positionals } = parsed(argv);
  if (values.help) return help;
  const [directory, ...more] = positionals;
  if (directory === undefined || more.length > 0) {
    throw new Wrong(`name one directory, got ${positionals.length}.\n\n${help}`);
  }
  if (values.empty && values.sample) throw new Wrong("--empty and --sample cannot be combined: remove one.");
  const name = basename(resolve(directory));
  if (!/^[a-z0-9][a-z0-9._-]{0,213}$/.test(name)) {
    throw new Wrong(
      `the directory's name becomes the package name, so it must be lower-case letters, digits, hyphens or dots, got ${JSON.stringify(name)}.`,
    );
  }
  const written = writeApp(directory, filesOf(values), name);
  if (written === "taken")
    throw new Wrong(`${directory} is not empty, so nothing was written. Choose another directory.`);
  return `Wrote ${written} files to ${directory}. Next:

  cd ${directory}
  npm install
  npm start -- --exit
`;
}

function filesOf({ empty = false, sample = false }: { empty?: boolean; sample?: boolean }): Files {
  const whole = readTemplate(new URL("template/", import.meta.url));
  if (sample) return withState(whole, "sample");
  if (empty) return withState(withoutSample(whole), "empty");
  const small = readTemplate(new URL("small/", import.meta.url));
  return withState(new Map([...withoutSample(whole, "demo"), ...small]), "small");
}

/** Of the template's files that say what an app remembers of its copies, the one for this app. */
function withState(files: Files, template: string): Files {
  const state = files.get(`${template}-${stateFile}`);
  const others = [...files].filter(([path]) => !path.endsWith(`-${stateFile}`));
  return new Map([...others, ...(state === undefined ? [] : [[stateFile, state] as const])]);
}

function parsed(argv: readonly string[]) {
  const options = {
    sample: { type: "boolean" },
    empty: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw new Wrong(`${error instanceof Error ? error.message : error}\n\n${help}`);
  }
}
