// Handlers log a line a record; TEST_LOGS=1 shows them.
import { isLine, logStreams } from "./is-line.ts";

if (!process.env.TEST_LOGS) {
  for (const stream of logStreams) {
    const write = stream.write.bind(stream);
    stream.write = function writeUnlessLog(chunk: unknown, ...rest: never[]): boolean {
      return isLine(chunk) || write(chunk as string, ...rest);
    } as typeof stream.write;
  }
}
