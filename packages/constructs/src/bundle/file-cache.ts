// A cache of results about an app, in files beside its packages: a new installation removes them.
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./project.ts";

export interface FileCache {
  has(key: string): boolean;
  /** Undefined for what is not kept, or cannot be read. */
  read(key: string): string | undefined;
  /** Where nothing can be written, nothing is kept: the next time takes longer. */
  keep(key: string, text: string): void;
}

/** @param max when there are as many, all are forgotten */
export function fileCache(name: string, max: number): FileCache {
  const directory = join(projectRoot, "node_modules/.cache/essentially-once", name);
  const fileOf = (key: string) => join(directory, key);
  return {
    has: (key) => existsSync(fileOf(key)),
    read(key) {
      try {
        return readFileSync(fileOf(key), "utf8");
      } catch {
        return undefined;
      }
    },
    keep(key, text) {
      try {
        if (existsSync(directory) && readdirSync(directory).length >= max)
          rmSync(directory, { recursive: true });
        mkdirSync(directory, { recursive: true });
        const whole = `${fileOf(key)}.${randomUUID()}`;
        writeFileSync(whole, text);
        renameSync(whole, fileOf(key)); // atomic: a reader sees the whole file or none
      } catch (error) {
        if (!(error instanceof Error && "code" in error)) throw error;
      }
    },
  };
}
