// The log lines of a function, as objects; all other output is passed on.
import type { Envelope } from "@essentially-once/messaging/envelope";
import { anEnvelope } from "./an-envelope.ts";
import { isLogLine, logStreams } from "./is-log-line.ts";

export type Line = Readonly<Record<string, unknown>>;

/** The lines that are written during the work, which must be the only one that writes. */
export async function linesOf(work: () => Promise<unknown>): Promise<Line[]> {
  const lines: Line[] = [];
  const writes = logStreams.map((stream) => stream.write);
  for (const [index, stream] of logStreams.entries()) {
    stream.write = function keep(chunk: unknown, ...rest: never[]): boolean {
      if (!isLogLine(chunk)) return writes[index]?.call(stream, chunk as string, ...rest) ?? true;
      lines.push(JSON.parse(chunk));
      return true;
    } as typeof stream.write;
  }
  try {
    await work();
  } finally {
    for (const [index, stream] of logStreams.entries()) stream.write = writes[index] ?? stream.write;
  }
  return lines;
}

export function aTracedEnvelope(): Envelope {
  return { ...anEnvelope(), traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
}
