// Sends X-Ray a subsegment for a piece of work: its ids and, when it failed, a code. Never the text of an error, nor a
// response: Powertools records both by default.
//
//   The X-Ray SDK knows the current subsegment by the asynchronous call, so that work side by side does not close each
//   other's; its hooks for that, and its 128 KB, are only loaded by a function that is traced.
import { createRequire } from "node:module";
import type { Tracer } from "@aws-lambda-powertools/tracer";
import { Park, RetryLater } from "../core/outcome.ts";
import { log } from "./log.ts";
import { invocationTrace } from "./trace.ts";

/** Perhaps still being loaded: a message that is to be traced waits for it. */
export type LoadedTracer = Tracer | undefined | Promise<Tracer | undefined>;

/** Does a piece of work under a subsegment of its own. */
export type Traced = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;

export interface SubsegmentOptions {
  /** X-Ray finds traces by them. */
  readonly annotations?: Readonly<Record<string, unknown>>;
  /** The work is a call to somebody else, whom X-Ray shows on its map. */
  readonly isRemote?: boolean;
  /** How work failed that did not throw: a code. */
  readonly failure?: () => string | undefined;
}

/**
 * The Tracer of a function that was deployed with `-c tracing=active`; of any other its code is not even read.
 * ```ts
 * .use(powertools({ tracer: activeTracer() }))
 * ```
 */
export async function activeTracer(): Promise<Tracer | undefined> {
  if (process.env.POWERTOOLS_TRACE_ENABLED !== "true") return undefined;
  globalThis.require ??= createRequire(import.meta.url); // the X-Ray SDK is CommonJS, a bundle is not
  const { Tracer } = await import("@aws-lambda-powertools/tracer");
  return new Tracer({ captureHTTPsRequests: false }); // it loses subsegments that are side by side: docs/adr/0017
}

/** Without a tracer, or in an invocation that nobody records, it is the work alone. */
export async function underSubsegment<Result>(
  loaded: LoadedTracer,
  name: string,
  work: () => Promise<Result>,
  { annotations = {}, isRemote = false, failure }: SubsegmentOptions = {},
): Promise<Result> {
  if (loaded === undefined || !invocationTrace()?.sampled) return work();
  const tracer = await loaded;
  if (!tracer?.isTracingEnabled()) return work();
  return tracer.provider.captureAsyncFunc(name, async (subsegment) => {
    for (const [key, value] of Object.entries(annotations)) subsegment?.addAnnotation(key, String(value));
    if (isRemote) subsegment?.addAttribute("namespace", "remote");
    try {
      const result = await work();
      close(failure?.());
      return result;
    } catch (error) {
      close(codeOf(error));
      throw error;
    }

    function close(code?: string): void {
      try {
        subsegment?.close(code && { name: code, message: code });
      } catch (error) {
        log("warn", "TRACE_LOST", { errorCode: codeOf(error) }); // the work is done all the same
      }
    }
  }) as Promise<Result>;
}

function codeOf(error: unknown): string {
  if (error instanceof Park || error instanceof RetryLater) return error.code;
  return error instanceof Error ? error.name : typeof error;
}
