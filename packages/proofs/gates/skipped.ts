// Reports work that a gate skips because the machine lacks something.

/** Returns the exit code: 0, but 1 on GitHub, where the log of a green run goes unread. */
export function skipped(what: string, because: string, environment = process.env): number {
  const isOnGithub = environment.GITHUB_ACTIONS === "true";
  console.log(`SKIPPED ${what}: ${because}${isOnGithub ? " (on GitHub this is a failure)" : ""}`);
  return isOnGithub ? 1 : 0;
}
