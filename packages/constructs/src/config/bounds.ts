// Refusals at construction: a bad option names itself, its value and what is allowed.
import type { Duration } from "aws-cdk-lib";

export function requireWholeNumber(
  option: string,
  value: number,
  { min, max }: { min: number; max: number },
): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`${option} must be a whole number from ${min} to ${max}, got ${value}`);
}

/** In whole seconds, both ends included: SQS, Lambda and the event source mappings know nothing finer. */
export function requireDuration(
  option: string,
  value: Duration,
  { min, max }: { min: Duration; max: Duration },
): void {
  const seconds = value.toSeconds({ integral: false });
  const allowed = Number.isInteger(seconds) && seconds >= min.toSeconds() && seconds <= max.toSeconds();
  if (allowed) return;
  throw new RangeError(
    `${option} must be whole seconds from ${min.toSeconds()} to ${max.toSeconds()}, got ${seconds}`,
  );
}
