// What a gate could not do, because the machine lacks something: said out loud here, a failure where nobody reads it.

/** The exit code: 0, and on GitHub, where nobody reads the log of a green run, 1. */
export function skipped(what: string, because: string, environment = process.env): number {
  const isOnGithub = environment.GITHUB_ACTIONS === "true";
  console.log(`SKIPPED ${what}: ${because}${isOnGithub ? " (on GitHub this is a failure)" : ""}`);
  return isOnGithub ? 1 : 0;
}
