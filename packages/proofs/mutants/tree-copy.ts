// A copy of the tree to change: everything that code, synth and tests read, with the dependencies by reference.
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { linkPackages } from "@essentially-once/testing/internal/support/link-packages";
import { type Mutant, mutate } from "./mutant.ts";

export const projectDirectory = fileURLToPath(new URL("../../../", import.meta.url));

export interface TreeCopy {
  readonly directory: string;
  /** Runs the work in the mutated copy, which is as it was afterwards. */
  withMutant<Result>(mutant: Mutant, work: () => Promise<Result>): Promise<Result>;
  remove(): Promise<void>;
}

const directories = ["bin", "lib", "functions", "demo", "test", "packages", "docs"];

export async function copyTree(): Promise<TreeCopy> {
  const directory = await mkdtemp(join(tmpdir(), "essentially-once-mutant-"));
  const entries = await readdir(projectDirectory, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  for (const name of [...files, ...directories]) {
    await cp(join(projectDirectory, name), join(directory, name), { recursive: true });
  }
  linkPackages(projectDirectory, directory);
  await mkdir(join(directory, "tmp"));
  return {
    directory,
    async withMutant(mutant, work) {
      const path = join(directory, mutant.file);
      const original = await readFile(path, "utf8");
      await writeFile(path, mutate(original, mutant));
      try {
        return await work();
      } finally {
        await writeFile(path, original);
      }
    },
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }),
  };
}
