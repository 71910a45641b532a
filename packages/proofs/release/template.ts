// What `npm create essentially-once` writes: the app of this repository, which therefore cannot rot.
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The app's own files. Those of the sample are named, so that they can be left out. */
const app = ["bin", "lib", "functions", "demo", "test", "cdk.json", "biome.json"];
/** npm packs no file of these names. */
const hidden = { ".gitignore": "gitignore", ".npmrc": "npmrc" };

/** @param version of the kit, for the dependencies on it */
export function writeTemplate(directory: string, version: string): void {
  for (const path of app) {
    for (const file of globSync([path, `${path}/**/*`], { withFileTypes: true })) {
      const name = join(file.parentPath, file.name);
      if (file.isFile()) copy(name, join(directory, name));
    }
  }
  for (const [from, to] of Object.entries(hidden)) copy(from, join(directory, to));
  writeFileSync(join(directory, "package.json"), `${JSON.stringify(manifest(version), null, 2)}\n`);
  writeFileSync(join(directory, "tsconfig.json"), tsconfig());
  copy("packages/create/template/README.md", join(directory, "README.md"));
  copy("packages/create/template/vitest.config.ts", join(directory, "vitest.config.ts"));
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

function tsconfig(): string {
  return readFileSync("tsconfig.json", "utf8").replace(' "packages",', "");
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}
