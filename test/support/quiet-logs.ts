// Handlers log a line a record; TEST_LOGS=1 shows them.
const write = process.stdout.write.bind(process.stdout);

if (!process.env.TEST_LOGS) {
  process.stdout.write = function writeUnlessLog(chunk: unknown, ...rest: never[]): boolean {
    if (typeof chunk === "string" && chunk.startsWith('{"level":')) return true;
    return write(chunk as string, ...rest);
  } as typeof process.stdout.write;
}
