// A function's environment, read once when the module loads, so that a missing variable fails the deployment
// and not the thousandth message.
//
// While the modules of a process load, missing variables are only noted. When all have loaded, one error names them all; it ends the
// process, as an error of a module would. After that, each throws at once.
import { wholeNumber } from "./whole-number.ts";

const missing = new Set<string>();
let isLoading = true;
// Modules that import each other run one after the other, with nothing in between: this comes after the last of them.
queueMicrotask(() => {
  isLoading = false;
  requireEnvironment();
});

/**
 * The value of an environment variable.
 * @throws Error naming the variable when it is absent or empty; while modules load, once for all of them, after the last.
 */
export function environment(name: string): string {
  const value = process.env[name];
  if (value) return value;
  missing.add(name);
  if (!isLoading) requireEnvironment();
  return `unset:${name}`; // nobody gets to use it: no table and no queue has such a name
}

/**
 * The same for a whole number.
 * @throws Error naming the variable, the value and the range.
 */
export function environmentNumber(name: string, range: { min: number; max: number }): number {
  const value = environment(name);
  return missing.has(name) ? range.min : wholeNumber(name, value, range);
}

/** @throws Error naming every variable that was asked for and is missing */
export function requireEnvironment(): void {
  const names = [...missing].join(", ");
  missing.clear();
  if (names) throw new Error(`The environment must have ${names}, set by this function's construct`);
}
