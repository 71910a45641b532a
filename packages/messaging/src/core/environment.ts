// A function's environment, read once when the module loads, so that a missing variable fails the deployment
// and not the thousandth message.
import { wholeNumber } from "./whole-number.ts";

/**
 * The value of an environment variable.
 * @throws Error naming the variable when it is absent or empty.
 */
export function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(`The environment variable ${name} must be set; the construct of this function sets it`);
  }
  return value;
}

/**
 * The same for a whole number.
 * @throws Error naming the variable, the value and the range.
 */
export function environmentNumber(name: string, range: { min: number; max: number }): number {
  return wholeNumber(name, environment(name), range);
}
