// The files that a command will write. It prepares all of them before it writes the first, so a command that fails changes
// nothing.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "../terminal/usage-error.ts";

export interface Draft {
  readonly projectDirectory: string;
  /** The text of a file, as it is or as it is about to be; undefined when there is none. */
  read(path: string): string | undefined;
  /** @throws UsageError when there is such a file: nothing is ever overwritten */
  create(path: string, text: string): void;
  change(path: string, edit: (text: string) => string): void;
  changed(): { readonly path: string; readonly isNew: boolean }[];
  /** Writes everything, formatted as the project is. */
  save(): void;
}

export function draft(projectDirectory: string): Draft {
  const texts = new Map<string, string>();
  const created = new Set<string>();

  return {
    projectDirectory,
    read,
    create(path, text) {
      if (read(path) !== undefined)
        throw new UsageError(`${path} exists: nothing is overwritten. Choose another name.`);
      created.add(path);
      texts.set(path, text);
    },
    change(path, edit) {
      const text = read(path);
      if (text === undefined) throw new Error(`there is no ${path}`);
      const edited = edit(text);
      if (edited !== text) texts.set(path, edited);
    },
    changed: () => [...texts.keys()].map((path) => ({ path, isNew: created.has(path) })),
    save() {
      for (const [path, text] of texts) {
        const file = join(projectDirectory, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
      const biome = join(projectDirectory, "node_modules/@biomejs/biome/bin/biome");
      const command = [biome, "check", "--write", "--log-level=error", ...texts.keys()];
      execFileSync(process.execPath, command, {
        cwd: projectDirectory,
        stdio: ["ignore", "ignore", "inherit"],
      });
    },
  };

  function read(path: string): string | undefined {
    const known = texts.get(path);
    if (known !== undefined) return known;
    const file = join(projectDirectory, path);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }
}
