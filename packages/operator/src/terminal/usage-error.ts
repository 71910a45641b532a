// A command line that cannot be executed as it was written. The command says why and exits with code 2.

export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What `parseArgs` of Node throws about a flag, in the words of this project: the flag, and the flags there are. */
export function usageErrorFrom(error: unknown, knownFlags: readonly string[]): unknown {
  if (!(error instanceof TypeError && "code" in error && `${error.code}`.startsWith("ERR_PARSE_ARGS"))) {
    return error;
  }
  const [firstSentence = error.message] = error.message.split(". ");
  const known = knownFlags.map((flag) => `--${flag}`).join(", ");
  return new UsageError(`${firstSentence}. Known flags: ${known}.`, { cause: error });
}
