// What `npm create essentially-once` writes: the app of this repository, which therefore cannot rot. And what
// `essentially-once upgrade` knows of it: the copies that a later release may change.
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { copiesIn } from "@essentially-once/operator/internal/upgrade/copies";
import type { PackedCopies } from "@essentially-once/operator/internal/upgrade/installed";
import { newState, stateFile, stateText } from "@essentially-once/operator/internal/upgrade/state";
import { withoutSample } from "../../create/src/without-sample.ts";
import type { Files } from "../../create/src/write-app.ts";

/** The app's own files. Those of the sample are named, so that they can be left out. */
const app = ["bin", "lib", "functions", "demo", "test", "cdk.json", "biome.json", ".gitignore", ".npmrc"];
/** npm packs no file of these names. */
const hidden: Readonly<Record<string, string>> = { ".gitignore": "gitignore", ".npmrc": "npmrc" };

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
  const files = templateFiles(version);
  const [sample, empty] = [files, withoutSample(files)].map((of) => Object.fromEntries(copiesOf(of)));
  return { release: version, sample: sample ?? {}, empty: empty ?? {} };
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

/** With what the app remembers of its copies: `withoutSample` takes the one without. */
function withStates(files: Files, release: string): Files {
  const stateOf = (of: Files, sample: boolean) =>
    stateText(newState(release, { sample, copies: copiesOf(of) }));
  return new Map([
    ...files,
    [stateFile, stateOf(files, true)],
    [`empty-${stateFile}`, stateOf(withoutSample(files), false)],
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
    "test",
    "fix",
    "synth",
    "deploy",
    "new",
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
