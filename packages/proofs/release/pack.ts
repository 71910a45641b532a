// `npm run pack`: what is published, into dist/: a directory and a tarball for each package, of JavaScript, declarations
// and maps. Inside the repository nothing is built; Node strips no types below node_modules, so this is.
//
//   Each is held against what npm and TypeScript make of it: publint, and are-the-types-wrong.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { copiesFile } from "@essentially-once/operator/internal/upgrade/installed";
import { packedCopies, writeSmall, writeTemplate } from "./template.ts";
import { releaseTool } from "./tools.ts";

type Exports = Readonly<Record<string, string>>;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports?: Exports;
  readonly bin?: Readonly<Record<string, string>>;
  readonly devDependencies?: unknown;
  readonly [field: string]: unknown;
}

/**
 * Packs all public packages into `directory`. Returns the paths of the tarballs.
 *
 * @param version replaces the version of the packages, for a test of the next release
 */
export function pack(directory: string, version?: string): string[] {
  rmSync(directory, { recursive: true, force: true });
  compiled ??= compile();
  const from = compiled;
  return globSync("packages/*/package.json")
    .sort()
    .flatMap((file) => {
      const manifest = manifestIn(file, version);
      if (manifest.private) return [];
      const to = resolve(directory, basename(dirname(file)));
      write(dirname(file), manifest, { compiled: from, to });
      return [packed(to, manifest)];
    });
}

/** Once for all versions that a process packs. */
let compiled: string | undefined;

function compile(): string {
  const directory = mkdtempSync(join(tmpdir(), "essentially-once-pack-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  run("tsc", ["-p", "packages/proofs/release/tsconfig.json", "--outDir", directory]);
  return directory;
}

/** The packages of a release ask for each other in that version. */
function manifestIn(file: string, version: string | undefined): Manifest {
  const text = readFileSync(file, "utf8");
  if (version === undefined) return JSON.parse(text);
  const ours = /("(?:version|@essentially-once\/[a-z-]+)": )"[^"]+"/g;
  return JSON.parse(text.replaceAll(ours, (_, name: string) => `${name}"${version}"`));
}

function write(from: string, manifest: Manifest, { compiled, to }: { compiled: string; to: string }): void {
  mkdirSync(to, { recursive: true });
  cpSync(join(compiled, basename(from), "src"), to, { recursive: true });
  for (const file of globSync(`${from}/src/**/*.{mjs,json}`)) {
    cpSync(file, join(to, relative(join(from, "src"), file)));
  }
  for (const file of ["README.md", "LICENSE"]) {
    const own = join(from, file);
    cpSync(existsSync(own) ? own : file, join(to, file));
  }
  const { devDependencies: _, ...published } = manifest;
  const bin = Object.entries(manifest.bin ?? {}).map(([name, path]) => [name, publishedPath(path)]);
  writeFileSync(
    join(to, "package.json"),
    `${JSON.stringify(
      {
        ...published,
        ...(manifest.exports && { exports: publishedExports(manifest.exports) }),
        ...(bin.length > 0 && { bin: Object.fromEntries(bin) }),
      },
      null,
      2,
    )}\n`,
  );
  for (const [, path = ""] of bin) chmodSync(join(to, path), 0o755);
  if (manifest.name === "create-essentially-once") {
    writeTemplate(join(to, "template"), manifest.version);
    writeSmall(join(to, "small"), join(to, "template"));
  }
  if (manifest.name === "@essentially-once/console") {
    cpSync(join(from, "src/page"), join(to, "page"), { recursive: true }); // as it is: bundled where it runs
  }
  if (manifest.name === "@essentially-once/operator") {
    writeFileSync(join(to, copiesFile), `${JSON.stringify(packedCopies(manifest.version), null, 2)}\n`);
  }
}

/** `./src/a/b.ts` → its path in the tarball, `./a/b.js`: the content of `src` is at the top. */
function publishedPath(source: string): string {
  return source.replace(/^\.\/src\//, "./").replace(/\.ts$/, ".js");
}

function publishedExports(exports: Exports) {
  return Object.fromEntries(
    Object.entries(exports).map(([name, source]) => {
      const path = publishedPath(source);
      return [name, { types: path.replace(/\.js$/, ".d.ts"), default: path }];
    }),
  );
}

function packed(directory: string, { name, version }: Manifest): string {
  run("npm", ["pack", "--silent", "--pack-destination", ".."], directory);
  const tarball = join(dirname(directory), `${name.replace("@", "").replace("/", "-")}-${version}.tgz`);
  const short = tarball.replace(/[^/]*$/, `${basename(directory)}.tgz`);
  renameSync(tarball, short);
  return short;
}

function run(command: string, options: readonly string[], cwd = "."): void {
  const { status, stdout, stderr } = spawnSync(command, options, { cwd, encoding: "utf8" });
  if (status !== 0)
    throw new Error(`${command} ${options.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
}

if (import.meta.main) {
  const tarballs = pack("dist");
  for (const tarball of tarballs) {
    run(releaseTool("publint"), ["run", tarball, "--strict"]);
    if (!/create\.tgz$/.test(tarball)) run(releaseTool("attw"), [tarball, "--profile", "esm-only"]);
    console.log(relative(".", tarball));
  }
}
