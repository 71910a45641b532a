// The parts of the local cloud: from the model of its assembly.

import type { Deployment, LocalFunction } from "@essentially-once/local-cloud/internal/model/model";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import { type FunctionPart, type Parts, tablesIn, wakeUpsIn } from "./parts.ts";

export interface LocalParts {
  readonly deployment: Deployment;
  readonly queues: readonly ConsumerQueue[];
  /** The setting of an outside service → its URL. */
  readonly outsides: ReadonlyMap<string, string>;
}

export function localParts({ deployment, queues, outsides }: LocalParts): Parts {
  const { functions, functionUrls, httpApis, schedules, outputs } = deployment;
  const wakeUps = wakeUpsIn(outputs);
  const idOf = (arn: string) => functions.find((fn) => fn.arn === arn)?.path ?? arn;
  return {
    functions: functions.map((fn) => functionPart(fn, deployment, queues)),
    urls: [
      ...functionUrls.map(({ path, functionArn }) => {
        const functionId = idOf(functionArn);
        return { id: path, label: `POST ${labelIn(functionId)}`, functionId };
      }),
      ...httpApis.flatMap(({ path, routes }) =>
        routes.map(({ routeKey, functionArn }) => ({
          id: `${path}/${routeKey}`,
          label: routeKey,
          functionId: idOf(functionArn),
        })),
      ),
    ],
    schedules: schedules.map(({ path, functionArn, everyMs }) => ({
      id: path,
      label: `every ${everyMs % 60_000 === 0 ? `${everyMs / 60_000} min` : `${everyMs / 1_000} s`}`,
      functionId: idOf(functionArn),
    })),
    tables: tablesIn(outputs),
    ...(wakeUps !== undefined && { wakeUps }),
    outsides: [...outsides].map(([label, url]) => ({
      label,
      callers: functions.filter((fn) => hasValue(fn, url)).map(({ path }) => path),
    })),
  };
}

/** The limits that the functions of consumers name. */
export function limitsIn(
  { functions, sqsMappings }: Deployment,
  queues: readonly ConsumerQueue[],
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    functions.flatMap(({ arn, environment: { LIMITS } }) => {
      const fed = sqsMappings.filter(({ functionArn }) => functionArn === arn);
      const names = fed.map(({ queueUrl }) => nameOf(queueUrl));
      const queue = queues.find(({ queueUrl }) => names.includes(nameOf(queueUrl)));
      return queue && LIMITS ? [[queue.consumer, LIMITS.split(",")] as const] : [];
    }),
  );
}

function functionPart(
  fn: LocalFunction,
  deployment: Deployment,
  queues: readonly ConsumerQueue[],
): FunctionPart {
  const { path: id, arn, environment } = fn;
  const { sqsMappings, streamMappings, outputs } = deployment;
  const fed = sqsMappings.filter(({ functionArn }) => functionArn === arn);
  const names = fed.map(({ queueUrl }) => nameOf(queueUrl));
  const queue = queues.find(({ queueUrl }) => names.includes(nameOf(queueUrl)));
  const { accepts = [], publishes = [] } = contractIn(environment.CONTRACT);
  const streams = streamMappings.filter(({ functionArn }) => functionArn === arn);
  const tables = new Set(tablesIn(outputs).map(({ name }) => name));
  return {
    ...{ id, label: labelIn(id), service: id.split("/")[0] ?? "", accepts, publishes },
    role: roleOf(fn, deployment),
    ...(queue && { consumer: queue.consumer }),
    tables: [...new Set(Object.values(environment).filter((value) => tables.has(value)))],
    streams: streams.flatMap(({ streamArn }) => /:table\/([^/]+)\//.exec(streamArn)?.slice(1) ?? []),
  };
}

function roleOf({ arn, path, environment }: LocalFunction, deployment: Deployment): FunctionPart["role"] {
  const { sqsMappings, streamMappings, schedules, functionUrls, httpApis } = deployment;
  const has = (all: readonly { readonly functionArn: string }[]) =>
    all.some(({ functionArn }) => functionArn === arn);
  if (has(functionUrls) || httpApis.some(({ routes }) => has(routes))) return "endpoint";
  if (has(sqsMappings) && environment.CONTRACT !== undefined) return "consumer";
  if (environment.SCHEDULES_TABLE !== undefined && environment.CONTRACT === undefined) return "dispatcher";
  if (has(streamMappings)) return "publisher";
  if (!has(schedules)) return "other";
  return path.startsWith("Relay/") ? "sweeper" : "projection";
}

function contractIn(text: string | undefined): { accepts?: string[]; publishes?: string[] } {
  try {
    return Object(JSON.parse(text ?? "{}"));
  } catch {
    return {};
  }
}

function hasValue({ environment }: LocalFunction, url: string): boolean {
  return Object.values(environment).some((value) => value === url || value.startsWith(`${url}/`));
}

/** `Orders/PlaceOrder/Function` → `PlaceOrder` */
function labelIn(path: string): string {
  return path.split("/").at(1) ?? path;
}

function nameOf(queueUrl: string): string {
  return queueUrl.split("/").at(-1) ?? "";
}
