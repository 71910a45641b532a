// Handlers log a line a record; TEST_LOGS=1 shows them.
import { isLogLine, logStreams } from "./is-log-line.ts";

if (!process.env.TEST_LOGS) {
  for (const stream of logStreams) {
    const write = stream.write.bind(stream);
    stream.write = function writeUnlessLog(chunk: unknown, ...rest: never[]): boolean {
      return isLogLine(chunk) || write(chunk as string, ...rest);
    } as typeof stream.write;
  }
}
