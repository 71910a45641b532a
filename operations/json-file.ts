// A JSON document that an operator gives: a file, or standard input.

import { readFileSync } from "node:fs";
import { UsageError } from "./usage-error.ts";

/** @throws UsageError naming the flag and the file, and nothing of what it says */
export function readJson(flag: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? "is not JSON" : "cannot be read";
    throw new UsageError(`--${flag} must be a JSON file, or - for standard input: ${file} ${reason}.`, {
      cause,
    });
  }
}
