// A copy of this project in which a test may do what a user would: its files as they are, and its packages.
import { execFile } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { linkPackages } from "./link-packages.ts";
import { temporaryDirectory } from "./synthesized.ts";

export interface ProjectCopy {
  readonly directory: string;
  read(path: string): string;
  change(path: string, edit: (text: string) => string): void;
  /** Runs a line of a shell, with the project's own commands before all others. */
  run(command: string): Promise<Ran>;
  remove(): void;
}

export interface Ran {
  readonly exitCode: number;
  /** What it wrote, to either stream. */
  readonly said: string;
}

const project = fileURLToPath(new URL("../../../../", import.meta.url));
const notCopied = ["node_modules", ".git", ".local-cloud", "cdk.out", "coverage"];
const outputBytesMax = 64 * 1024 * 1024;

export function projectCopy(): ProjectCopy {
  const directory = temporaryDirectory("copy");
  cpSync(project, directory, {
    recursive: true,
    filter: (source) => !notCopied.includes(relative(project, source)),
  });
  linkPackages(project, directory);
  const env = { ...process.env, PATH: `${join(project, "node_modules/.bin")}:${process.env.PATH}` };
  return {
    directory,
    read: (path) => readFileSync(join(directory, path), "utf8"),
    change(path, edit) {
      const file = join(directory, path);
      writeFileSync(file, edit(readFileSync(file, "utf8")));
    },
    run(command) {
      return new Promise((resolve) => {
        const options = { cwd: directory, env, maxBuffer: outputBytesMax };
        execFile("bash", ["-euo", "pipefail", "-c", command], options, (error, stdout, stderr) => {
          const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
          resolve({ exitCode, said: `${stdout}${stderr}` });
        });
      });
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
