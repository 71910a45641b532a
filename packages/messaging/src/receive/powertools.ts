// AWS's Powertools in the place of the kit's own log and metrics, for a function that wants more of them than these
// give, and pays for it with their load. One log and one set of metrics: what the kit says and counts of the function
// goes through the same Logger, Metrics and Tracer as what its handler does.
//
//   Lines and blobs of a message, and its subsegment, have the same ids as without it (docs/observability.md).
//   Metrics stay where alarms and dashboard look for them.
import type { Logger } from "@aws-lambda-powertools/logger";
import type { Metrics } from "@aws-lambda-powertools/metrics";
import type { MessageMiddleware } from "../commit/delivery.ts";
import { metricNames, serviceDimension } from "../core/metric-names.ts";
import type { Envelope } from "../envelope/envelope.ts";
import { ownLine } from "../observe/log.ts";
import { unitOf, writeMetrics } from "../observe/metrics.ts";
import { currentMessage, type Invocation, scopeFields } from "../observe/scope.ts";
import type { Sink } from "../observe/sink.ts";
import { type LoadedTracer, type Traced, underSubsegment } from "../observe/subsegment.ts";
import { traceIdOf } from "../observe/trace.ts";

export interface PowertoolsOptions {
  /** Writes the kit's lines too, at its own level; every line of it gets the ids of the message it is about. */
  readonly logger?: Logger;
  /** Publishes the kit's counts too, once an invocation. */
  readonly metrics?: Metrics;
  /** Is told of each message: `activeTracer()`. */
  readonly tracer?: LoadedTracer;
}

/**
 * Gives the handler `traced` in its third argument: a call to somebody else, seen in the trace of the message.
 * ```ts
 * consumer(shipOrder)
 *   .use(powertools({ logger: new Logger(), metrics: new Metrics(), tracer: activeTracer() }))
 *   .use(idempotency({ evidence: rows() }))
 *   .handler(async (message, unit, { traced }) => {
 *     await traced("carrier", () => carrier.ship(message.data));
 *   });
 * ```
 * @throws Error when the function is made and its alarms would not find what the metrics count
 */
export function powertools({
  logger,
  metrics,
  tracer,
}: PowertoolsOptions): MessageMiddleware<{ readonly traced: Traced }> {
  logger?.appendPersistentKeys(lineFields);
  return {
    before(request) {
      const traced: Traced = (name, work) => underSubsegment(tracer, name, work, { isRemote: true });
      request.context = { ...request.context, traced };
    },
    sinkFor(service) {
      if (metrics) requireFindable(metrics, service);
      const line = logger ? lineOf(logger) : ownLine;
      return {
        ...(logger && { begin: () => logger.refreshSampleRateCalculation() }),
        ...(metrics && { counts: (invocation) => publish(metrics, invocation, line) }),
        ...linesAndTraces(line, tracer, service),
        ...(logger && { end: () => logger.clearBuffer() }),
      };
    },
  };
}

/** The trace of a message fails when its lines say so: whatever they are about is said to both. */
function linesAndTraces(write: WriteLine, tracer: LoadedTracer, service: string): Sink {
  if (tracer === undefined) return { line: write };
  const failures = new WeakMap<Envelope, string>();
  return {
    line(level, code, fields) {
      const message = currentMessage();
      if (message && failed.has(code)) failures.set(message, String(fields.errorCode ?? fields.reasonCode));
      write(level, code, fields);
    },
    perform: (message, work) =>
      underSubsegment(tracer, `## ${service}`, work, {
        annotations: idsOf(message),
        failure: () => failures.get(message),
      }),
  };
}

const failed: ReadonlySet<string> = new Set([
  "PARKED",
  "RETRY_LATER",
  "FAILURE_NOT_SETTLED",
  "LOST",
  "REFUSED",
]);

type WriteLine = NonNullable<Sink["line"]>;

function lineOf(logger: Logger): WriteLine {
  return (level, code, fields) => logger[level]({ message: code, code, ...fields });
}

/** Asked for its value when a line is written: one Logger serves all messages, also those side by side. */
class ScopeField {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  toJSON(): unknown {
    return scopeFields()[this.name];
  }
}

/** All of `scopeFields` but the service, which a Logger has itself. */
const lineFields = Object.fromEntries(
  ["cold_start", "function_request_id", "messageId", "source", "type", "correlation_id", "trace_id"].map(
    (name) => [name, new ScopeField(name)],
  ),
);

function idsOf(message: Envelope) {
  const { id: messageId, correlationid: correlation_id } = message;
  return { messageId, correlation_id, trace_id: traceIdOf(message) };
}

/** How many messages a blob of metrics names; a batch may have 10,000. */
const messagesMax = 100;

function publish(metrics: Metrics, invocation: Invocation, line: WriteLine): void {
  try {
    if (!isPlain(metrics)) publishApart(metrics);
    if (isPlain(metrics)) publishWithOurs(metrics, invocation);
    else writeMetrics(invocation); // the handler changed the default dimensions
  } catch (error) {
    // What is done is done: no metric of a handler that clashes with ours may give the batch back.
    metrics.clearMetrics();
    metrics.clearDimensions();
    metrics.clearMetadata();
    const { errorsLogged } = metricNames;
    invocation.counts.set(errorsLogged, (invocation.counts.get(errorsLogged) ?? 0) + 1);
    line("error", "METRICS_REFUSED", { errorCode: error instanceof Error ? error.name : typeof error });
    writeMetrics(invocation);
  }
}

function publishWithOurs(metrics: Metrics, { counts, messages }: Invocation): void {
  for (const [name, value] of counts) metrics.addMetric(name, unitOf(name), value);
  if (!metrics.hasStoredMetrics()) return;
  const { [serviceDimension]: _isADimension, ...ids } = scopeFields();
  const properties = { code: "METRICS", ...ids, messages: [...messages].slice(0, messagesMax).map(idsOf) };
  for (const [key, value] of Object.entries(properties)) {
    metrics.addMetadata(key, value as string); // it takes any value, whatever its type says
  }
  metrics.publishStoredMetrics();
}

/** The dimensions of a handler are for what the handler counts: no alarm would find ours under them. */
function publishApart(metrics: Metrics): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  else metrics.clearDimensions();
}

function isPlain(metrics: Metrics): boolean {
  const [sets = []] = metrics.serializeMetrics()._aws.CloudWatchMetrics.map(({ Dimensions }) => Dimensions);
  return sets.length === 1 && sets[0]?.length === 1;
}

/** @throws Error when alarms and dashboard, which look where the function's variables say, would find nothing */
function requireFindable(metrics: Metrics, service: string): void {
  const namespace = process.env.POWERTOOLS_METRICS_NAMESPACE;
  if (namespace === undefined) return; // not deployed: nobody looks
  const { _aws, ...given } = metrics.serializeMetrics();
  const found = { namespace: _aws.CloudWatchMetrics[0]?.Namespace, ...given };
  const wanted = { namespace, [serviceDimension]: service };
  if (JSON.stringify(found) === JSON.stringify(wanted)) return;
  throw new Error(
    `metrics must use the namespace and dimensions of the alarms, ${JSON.stringify(wanted)}, got ${JSON.stringify(found)}`,
  );
}
