// What `npm create essentially-once` writes: the app of this repository, which therefore cannot rot; and what `npm run new` makes
// of it when the sample is taken out, which is the small app. And what `essentially-once upgrade` knows of them: the copies that
// a later release may change.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { copiesIn } from "@essentially-once/operator/internal/upgrade/copies";
import type { PackedCopies } from "@essentially-once/operator/internal/upgrade/installed";
import {
  newState,
  stateFile,
  stateText,
  type Template,
} from "@essentially-once/operator/internal/upgrade/state";
import { withoutSample } from "../../create/src/without-sample.ts";
import { type Files, readTemplate, writeApp } from "../../create/src/write-app.ts";

/** The app's own files. Those of the sample are named, so that they can be left out. */
const app = ["bin", "lib", "functions", "demo", "test", "cdk.json", "biome.json", ".gitignore", ".npmrc"];
/** npm packs no file of these names. */
const hidden: Readonly<Record<string, string>> = { ".gitignore": "gitignore", ".npmrc": "npmrc" };

/** The small app: one endpoint, one queue, one consumer, as somebody would make them by hand. */
const made = [
  "message billing.invoice-requested.v1",
  "endpoint billing/request-invoice --publishes billing.invoice-requested.v1",
  "consumer billing/send-invoice --accepts billing.invoice-requested.v1",
];

/**
 * Writes into `directory` what the small app has beside the empty one, or instead.
 *
 * @param template what `writeTemplate` wrote
 */
export function writeSmall(directory: string, template: string): void {
  const app = mkdtempSync(join(tmpdir(), "essentially-once-small-"));
  try {
    const before = withoutSample(readTemplate(pathToFileURL(`${resolve(template)}/`)), "demo");
    writeApp(app, before, "my-queues");
    symlinkSync(resolve("node_modules"), join(app, "node_modules"));
    for (const what of made) runNew(app, what.split(" "));
    cpSync("packages/create/template/start.ts", join(app, "demo/start.ts"));
    const after = appFiles(app);
    for (const [path, text] of after) {
      if (before.get(path) === text) continue;
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
  } finally {
    rmSync(app, { recursive: true });
  }
}

/** What the generators and the demo touch. */
function appFiles(app: string): Files {
  const paths = globSync("{bin,lib,functions,demo,test}/**/*.ts", { cwd: app });
  return new Map(paths.map((path) => [path, readFileSync(join(app, path), "utf8")]));
}

function runNew(cwd: string, options: readonly string[]): void {
  const command = resolve("packages/operator/src/bin.ts");
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, "new", ...options], {
    cwd,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`new ${options.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
}

/** @param version of the kit, for the dependencies on it */
export function writeTemplate(directory: string, version: string): void {
  for (const [path, text] of withStates(templateFiles(version), version)) {
    const file = join(directory, hidden[path] ?? path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** For the operator's package. */
export function packedCopies(version: string): PackedCopies {
  const templates = Object.entries(templatesOf(templateFiles(version)));
  const copies = templates.map(([name, files]) => [name, Object.fromEntries(copiesOf(files))]);
  return { release: version, ...(Object.fromEntries(copies) as Record<Template, Record<string, string>>) };
}

export function templateFiles(version: string): Files {
  const paths = app.flatMap((path) =>
    globSync([path, `${path}/**/*`], { withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name)),
  );
  const read = (path: string) => readFileSync(path, "utf8");
  return new Map([
    ...paths.map((path) => [path, read(path)] as const),
    ["package.json", `${JSON.stringify(manifest(version), null, 2)}\n`],
    ["tsconfig.json", read("tsconfig.json").replace(' "packages",', "")],
    ["README.md", read("packages/create/template/README.md")],
    ["vitest.config.ts", read("packages/create/template/vitest.config.ts")],
  ]);
}

/** The small app begins with the copies of an empty one that has a demo. */
function templatesOf(files: Files): Record<Template, Files> {
  return { sample: files, small: withoutSample(files, "demo"), empty: withoutSample(files) };
}

/** With what the app remembers of its copies, in a file for each template: the program takes one of them. */
function withStates(files: Files, release: string): Files {
  const states = Object.entries(templatesOf(files)) as [Template, Files][];
  return new Map([
    ...files,
    ...states.map(([template, of]): [string, string] => [
      `${template}-${stateFile}`,
      stateText(newState(release, { template, copies: copiesOf(of) })),
    ]),
  ]);
}

function copiesOf(files: Files) {
  return copiesIn((path) => files.get(path));
}

function manifest(version: string): unknown {
  const { engines, scripts, dependencies, devDependencies, allowScripts, overrides } = JSON.parse(
    readFileSync("package.json", "utf8"),
  );
  const kept = [
    "start",
    "local",
    "console",
    "test",
    "fix",
    "synth",
    "deploy",
    "new",
    "consumers",
    "dlq",
    "outbox",
    "routes",
    "journal",
    "upgrade",
  ];
  return {
    name: "my-queues",
    version: "0.1.0",
    private: true,
    type: "module",
    engines,
    scripts: Object.fromEntries(kept.map((name) => [name, scripts[name]])),
    dependencies: withKit(dependencies, version),
    devDependencies: withKit(devDependencies, version),
    allowScripts,
    overrides,
  };
}

function withKit(dependencies: Record<string, string>, version: string) {
  return Object.fromEntries(
    Object.entries(dependencies).map(([name, given]) => [
      name,
      name.startsWith("@essentially-once/") ? `^${version}` : given,
    ]),
  );
}
