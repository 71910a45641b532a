#!/usr/bin/env node
// `npm create essentially-once DIRECTORY`: writes an app. It asks nothing, overwrites nothing, and installs nothing.
import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";
import { withoutSample } from "./without-sample.ts";
import { readTemplate, writeApp } from "./write-app.ts";

const help = `npm create essentially-once DIRECTORY [-- --empty]

  DIRECTORY   where the app goes: a new or empty directory
  --sample    with the sample: orders, credit, shipping and insights (the default)
  --empty     only the shared stacks, without a service: npm run new writes the first one
  --help      this text
`;

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
  const whole = readTemplate(new URL("template/", import.meta.url));
  const files = values.empty ? withoutSample(whole) : whole;
  const written = writeApp(directory, files, name);
  if (written === "taken")
    throw new Wrong(`${directory} is not empty, so nothing was written. Choose another directory.`);
  return `Wrote ${written} files to ${directory}${values.empty ? "" : ", including the sample"}. Next:

  cd ${directory}
  npm install
  npm start${values.empty ? "" : " -- --exit"}
`;
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
