// Files of an app: from the template, onto the disk.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Path → text. */
export type Files = ReadonlyMap<string, string>;

/** npm packs no file of these names, so the template has them under others. */
const hidden: Readonly<Record<string, string>> = { gitignore: ".gitignore", npmrc: ".npmrc" };

export function readTemplate(template: URL): Files {
  const directory = fileURLToPath(template);
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    entries.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const path = file.slice(directory.length).replaceAll("\\", "/");
      return [hidden[path] ?? path, readFileSync(file, "utf8")];
    }),
  );
}

/** How many files it has written; `taken` when the directory has something in it. */
export function writeApp(directory: string, files: Files, name: string): number | "taken" {
  if (existsSync(directory) && readdirSync(directory).length > 0) return "taken";
  for (const [path, text] of files) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, path === "package.json" ? text.replace('"my-queues"', JSON.stringify(name)) : text);
  }
  return files.size;
}
