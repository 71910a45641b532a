// What a gate could not do, because the machine lacks something: said out loud here, a failure where nobody reads it.

/** The exit code: 0, and on CI (GitHub and most others set `CI`) 1. */
export function skipped(what: string, because: string, environment = process.env): number {
  const isOnCi = Boolean(environment.CI) && environment.CI !== "false";
  console.log(`SKIPPED ${what}: ${because}${isOnCi ? " (on CI this is a failure)" : ""}`);
  return isOnCi ? 1 : 0;
}
