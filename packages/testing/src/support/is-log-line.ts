// Which of what a process writes is a line of a function's log. The kit's begin with their level and go to stdout;
// Powertools write their metrics with `_aws` first, and what is a warning or worse to stderr.

export const logStreams = [process.stdout, process.stderr] as const;

export function isLogLine(chunk: unknown): chunk is string {
  return typeof chunk === "string" && /^\{"(?:level|_aws)":/.test(chunk);
}
