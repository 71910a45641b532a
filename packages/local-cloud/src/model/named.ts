// What people and scripts name: an output by its key, a function by its construct path.

import type { Deployment } from "./model.ts";

/** Throws, naming the outputs there are. */
export function outputOf({ outputs }: Deployment, key: string): string {
  const all = Object.assign({}, ...Object.values(outputs)) as Record<string, string>;
  const value = all[key];
  if (value !== undefined) return value;
  throw new Error(`There is no output ${key}; there are: ${Object.keys(all).join(", ") || "none"}`);
}

/** Throws, naming the functions there are. */
export function functionArnOf({ functions }: Deployment, path: string): string {
  const found = functions.find((one) => one.path === path);
  if (found) return found.arn;
  throw new Error(
    `There is no function ${path}; there are: ${functions.map((one) => one.path).join(", ") || "none"}`,
  );
}
