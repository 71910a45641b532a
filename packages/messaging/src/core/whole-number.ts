// Checks whole numbers of the configuration: options and environment variables.

/**
 * The value as a number.
 * @throws Error naming the option, the value and the range
 */
export function wholeNumber(
  name: string,
  given: number | string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = Number(given);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const got = typeof given === "string" ? JSON.stringify(given) : given;
  throw new Error(`${name} must be a whole number from ${min} to ${max}, got ${got}`);
}
