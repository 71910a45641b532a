// A function's environment, read once when the module loads, so that a missing variable fails the deployment
// and not the thousandth message.

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
export function environmentNumber(name: string, { min, max }: { min: number; max: number }): number {
  const text = environment(name);
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`${name} must be a whole number from ${min} to ${max}, got ${JSON.stringify(text)}`);
  }
  return value;
}
