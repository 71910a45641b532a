// The release before this one as it is installed: its packages, packed from its own commit, in a project of their own with
// this repository's third-party packages. Only that commit's kit differs from what is here.
import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { linkPackages } from "@essentially-once/testing/internal/support/link-packages";

export const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** A new release puts its own commit and version here when the one after it is begun: docs/upgrading.md. */
export const release = JSON.parse(readFileSync(new URL("release.json", import.meta.url), "utf8")) as {
  readonly version: string;
  readonly commit: string;
};

const scope = "@essentially-once";
/** The functions that are bundled: a release's own, and those of this one where it had none. They import public entry points only. */
const functions = ["packages/proofs/versions/app", "packages/proofs/versions/stacks.ts", "functions/relay"];

/** @returns the project's directory, below `scratch` @throws Error unless `hasPrevious` */
export async function unpackPrevious(scratch: string): Promise<string> {
  const source = join(scratch, "source");
  await checkOut(source);
  linkPackages(repository, source);
  const pack = 'import { pack } from "./packages/proofs/release/pack.ts"; pack("dist");';
  await run(process.execPath, ["--input-type=module", "--eval", pack], source);
  const project = projectIn(join(scratch, "before"), source);
  for (const name of ["constructs", "messaging"]) {
    const to = join(project, "node_modules", scope, name);
    mkdirSync(to, { recursive: true });
    await run("tar", ["-xzf", join(source, "dist", `${name}.tgz`), "-C", to, "--strip-components=1"]);
  }
  rmSync(source, { recursive: true });
  return project;
}

/** This release with one change, which a run beside the release before must notice. */
export function twinOf(
  scratch: string,
  { file, from, to }: { readonly file: string; readonly from: string; readonly to: string },
): string {
  const project = projectIn(join(scratch, "twin"), repository);
  const kit = join(project, "packages/messaging");
  cpSync(join(repository, "packages/messaging"), kit, { recursive: true });
  const text = readFileSync(join(kit, file), "utf8");
  if (text.split(from).length !== 2) throw new Error(`${file} has not exactly one ${from}`);
  writeFileSync(join(kit, file), text.replace(from, to));
  mkdirSync(join(project, "node_modules", scope));
  symlinkSync(kit, join(project, "node_modules", scope, "messaging"));
  symlinkSync(join(repository, "packages/constructs"), join(project, "node_modules", scope, "constructs"));
  return project;
}

function projectIn(directory: string, source: string): string {
  mkdirSync(join(directory, "node_modules"), { recursive: true });
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }\n');
  for (const name of readdirSync(join(repository, "node_modules"))) {
    if (name === scope) continue;
    symlinkSync(join(repository, "node_modules", name), join(directory, "node_modules", name));
  }
  for (const path of functions) {
    const own = join(source, path);
    const from = existsSync(own) ? own : join(repository, path);
    cpSync(from, join(directory, path), { recursive: true });
  }
  return directory;
}

/** A clone without its history lacks it: git fetch --unshallow. */
export function hasPrevious(): Promise<boolean> {
  return run("git", ["cat-file", "-e", `${release.commit}^{commit}`]).then(
    () => true,
    () => false,
  );
}

async function checkOut(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const archive = join(directory, "source.tar");
  await run("git", ["archive", "--output", archive, release.commit]);
  await run("tar", ["-xf", archive, "-C", directory]);
}

export async function run(
  command: string,
  options: readonly string[],
  cwd = repository,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const PATH = `${join(repository, "node_modules/.bin")}:${process.env.PATH}`;
  await promisify(execFile)(command, options, { cwd, env: { ...process.env, PATH, ...more } });
}
