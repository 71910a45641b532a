// Reads an operator's JSON document from a file or standard input, up to the size that a consumer takes.

import { readFileSync } from "node:fs";
import { claimBytesMax, parseExact } from "@essentially-once/messaging/internal/envelope/caps";
import { Park } from "@essentially-once/messaging/outcome";
import { UsageError } from "./usage-error.ts";

/** @throws UsageError naming the flag and the file, and nothing of what it says */
export function readJson(flag: string, file: string): unknown {
  try {
    const bytes = readFileSync(file === "-" ? 0 : file);
    // A mark at the beginning is left out by the decoder; bytes that are no UTF-8 would become other text unnoticed.
    return parseExact(new TextDecoder("utf-8", { fatal: true }).decode(bytes), claimBytesMax);
  } catch (cause) {
    throw new UsageError(
      `--${flag} must be a JSON file, or - for standard input: ${file} ${reasonOf(cause)}.`,
      { cause },
    );
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Park)
    return error.code === "NOT_JSON" ? "is not JSON" : `is refused (${error.code}): ${error.detail}`;
  return error instanceof TypeError ? "is not UTF-8" : "cannot be read";
}
