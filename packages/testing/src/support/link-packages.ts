// The packages of this project for a copy of it: those from elsewhere by reference, its own as they are in the copy.
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const scope = "@essentially-once";

export function linkPackages(project: string, copy: string): void {
  const [from, to] = [project, copy].map((directory) => join(directory, "node_modules")) as [string, string];
  mkdirSync(join(to, scope), { recursive: true });
  for (const name of readdirSync(from)) {
    if (name !== scope) symlinkSync(join(from, name), join(to, name));
  }
  for (const name of readdirSync(join(copy, "packages"))) {
    symlinkSync(join(copy, "packages", name), join(to, scope, name));
  }
}
