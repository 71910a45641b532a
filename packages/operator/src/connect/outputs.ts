// The outputs of the stacks of a deployment: stack name → output key → value.

import { UsageError } from "../terminal/usage-error.ts";
import type { Outputs } from "./connection.ts";

export function outputNamed(outputs: Outputs, key: string): string | undefined {
  return Object.values(outputs).find((stack) => stack[key] !== undefined)?.[key];
}

/** @throws UsageError naming the output that is missing, and those there are */
export function outputRequired(outputs: Outputs, key: string): string {
  const value = outputNamed(outputs, key);
  if (value !== undefined) return value;
  const keys = Object.values(outputs).flatMap((stack) => Object.keys(stack));
  throw new UsageError(`The outputs must contain ${key}; they are: ${keys.join(", ") || "none"}.`);
}
