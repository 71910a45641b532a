// The trace of a flow. A request or a message without a trace starts one; the messages that it causes continue it, as
// children of the work on it. Every run of that work has the same span, as its messages have the same ids.
//
//   https://www.w3.org/TR/trace-context/#traceparent-header
//   https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
import { derivedHex } from "../core/ids.ts";

export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** The span of whoever sent it: 16 hexadecimal digits. */
  readonly parentId: string;
  /** Somebody records this trace. */
  readonly sampled: boolean;
}

interface Traced {
  readonly source: string;
  readonly id: string;
  readonly traceparent?: string;
}

/** The trace of a message; one that has none, or none that is valid, has the one that follows from its identity. */
export function traceOf({ source, id, traceparent }: Traced): Trace {
  return (
    readTraceparent(traceparent) ?? { ...ownTrace(source, id), parentId: derivedHex(16, "span", source, id) }
  );
}

/** The same without the span of its sender, which is for those who follow the trace. */
export function traceIdOf({ source, id, traceparent }: Traced): string {
  return (readTraceparent(traceparent) ?? ownTrace(source, id)).traceId;
}

function ownTrace(source: string, id: string): Omit<Trace, "parentId"> {
  return { traceId: derivedHex(32, "trace", source, id), sampled: false };
}

/** Undefined unless the text is a traceparent: text from outside is never passed on unparsed. */
export function readTraceparent(text: string | undefined): Trace | undefined {
  const found = text?.match(wellFormed)?.groups as Readonly<Record<Part, string>> | undefined;
  if (found === undefined) return undefined;
  const { traceId, parentId, flags } = found;
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function traceparentOf({ traceId, parentId, sampled }: Trace): string {
  return `00-${traceId}-${parentId}-${sampled ? "01" : "00"}`;
}

/** What a message caused by `cause` carries: the same trace, and the span of the producer's work on the cause. */
export function childTraceparent(cause: Traced, producer: string): string {
  const { source, id, traceparent } = cause;
  const { traceId, sampled } = readTraceparent(traceparent) ?? ownTrace(source, id);
  return traceparentOf({ traceId, parentId: derivedHex(16, "span", producer, source, id), sampled });
}

/** The trace of this invocation, which Lambda tells each time anew. */
export function invocationTrace(header = process.env._X_AMZN_TRACE_ID): Trace | undefined {
  const parts = new Map(header?.split(";").map((part) => part.split("=") as [string, string]));
  const traceId = parts.get("Root")?.replace(/1-(\w{8})-/, "$1");
  return readTraceparent(`00-${traceId}-${parts.get("Parent")}-0${parts.get("Sampled") === "1" ? 1 : 0}`);
}

/** For X-Ray, which links hops by it; undefined when the trace is not sampled. */
export function traceHeaderOf(message: Traced): string | undefined {
  const { traceId, parentId, sampled } = traceOf(message);
  if (!sampled) return undefined;
  return `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${parentId};Sampled=1`;
}

type Part = "traceId" | "parentId" | "flags";

/** Later versions may append fields. */
const wellFormed =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})(?<traceId>[0-9a-f]{32})-(?!0{16})(?<parentId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?:-|$)/;
