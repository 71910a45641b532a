// The tools of a release: changesets, publint, are-the-types-wrong. They have a package.json and a lock file of their own, and are
// installed by who first needs them: `npm ci` of the repository would take twice as long with them.
//
//   node packages/proofs/release/tools.ts changeset version
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const home = "packages/proofs/release";
/** Not beside the sources, where whoever copies or searches them would find it; the next `npm ci` takes it away. */
const place = resolve("node_modules/.cache/release-tools");
const files = ["package.json", "package-lock.json", ".npmrc"];

/** The path of a tool's command. Installs the tools when they are not there as the lock file says. */
export function releaseTool(name: string): string {
  if (!isInstalled()) {
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    for (const file of files) cpSync(join(home, file), join(place, file));
    const options = ["ci", "--prefix", place, "--ignore-scripts", "--no-audit", "--prefer-offline"];
    const { status } = spawnSync("npm", options, { stdio: ["ignore", process.stderr, "inherit"] });
    if (status !== 0) {
      rmSync(place, { recursive: true, force: true });
      throw new Error(`npm ${options.join(" ")} ended with ${status}`);
    }
  }
  return join(place, "node_modules/.bin", name);
}

function isInstalled(): boolean {
  return (
    existsSync(join(place, "node_modules/.bin")) &&
    files.every((file) => readFileSync(join(home, file), "utf8") === readFileSync(join(place, file), "utf8"))
  );
}

if (import.meta.main) {
  const [name = "changeset", ...options] = process.argv.slice(2);
  const { status } = spawnSync(releaseTool(name), options, { stdio: "inherit" });
  process.exitCode = status ?? 1;
}
