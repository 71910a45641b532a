// The wiring: event source mappings, the queues and tables they read, and the functions they invoke.
import type { Resource, Templates } from "./templates.ts";

export interface Mapping {
  readonly mapping: Resource;
  /** Undefined: it is not in this app, so nothing can be said about it. */
  readonly source: Resource | undefined;
  readonly function: Resource | undefined;
}

export const tableTypes = ["AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table"];

/** Mappings of queues: `consumes`; of streams: everything else. */
export function mappingsOf(templates: Templates): {
  queues: readonly Mapping[];
  streams: readonly Mapping[];
} {
  return templates.derived(mappings);
}

function mappings(templates: Templates): ReturnType<typeof mappingsOf> {
  const found = templates.ofType("AWS::Lambda::EventSourceMapping").map((mapping) => ({
    mapping,
    source: templates.referredTo(mapping.properties.EventSourceArn),
    function: invoked(templates, mapping.properties.FunctionName),
  }));
  return {
    queues: found.filter(readsQueue),
    streams: found.filter((mapping) => !readsQueue(mapping)),
  };
}

/** Queues with a mapping, each once, with all of its mappings. */
export function consumedQueues(templates: Templates): ReadonlyMap<Resource, readonly Mapping[]> {
  return templates.derived(consumed);
}

function consumed(templates: Templates): ReturnType<typeof consumedQueues> {
  const queues = new Map<Resource, Mapping[]>();
  for (const mapping of mappingsOf(templates).queues) {
    if (mapping.source) queues.set(mapping.source, [...(queues.get(mapping.source) ?? []), mapping]);
  }
  return queues;
}

/** The dead-letter queue that a queue names. */
export function deadLettersOf(templates: Templates, queue: Resource): Resource | undefined {
  const target = templates.referredTo(at(queue, "RedrivePolicy.deadLetterTargetArn"));
  return target?.type === "AWS::SQS::Queue" ? target : undefined;
}

/** What a function finds in a variable of its environment. */
export function variableOf(resource: Resource | undefined, name: string): unknown {
  return resource && at(resource, `Environment.Variables.${name}`);
}

/** The tables that functions find in this variable, each once, with the functions. */
export function tablesNamedBy(templates: Templates, variable: string): Map<Resource, Resource[]> {
  const tables = new Map<Resource, Resource[]>();
  for (const candidate of templates.ofType("AWS::Lambda::Function")) {
    const table = templates.referredTo(variableOf(candidate, variable));
    if (table && tableTypes.includes(table.type))
      tables.set(table, [...(tables.get(table) ?? []), candidate]);
  }
  return tables;
}

/** Whether a policy's resource is this one: by a reference, or a queue by the beginning of its name. */
export function isResource(templates: Templates, value: unknown, resource: Resource): boolean {
  if (templates.referredTo(value) === resource) return true;
  const [, prefix] = queuesByPrefix.exec(String(value)) ?? [];
  return (
    prefix !== undefined &&
    resource.type === "AWS::SQS::Queue" &&
    String(at(resource, "QueueName")).startsWith(prefix)
  );
}

/** Of one stage: `arn:…:sqs:…:EssentiallyOnce-prod-*`. */
export const queuesByPrefix = /^arn:[^:]*:sqs:[^:]*:[^:]*:([\w-]+-)\*$/;

/** A part of another app's foundation, as SharedFoundation looks it up. */
export function isShared(value: unknown): boolean {
  return /^(\{\{resolve:ssm:)?\/[\w/-]+\/foundation\/[\w-]+(\}\})?$/.test(String(value));
}

/** The value at a path below `Properties`, lists by index. */
export function at(resource: Resource, path: string): unknown {
  let value: unknown = resource.properties;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

/** NaN, which is in no range, for what is no number; CloudFormation takes numbers as texts too. */
export function numberAt(resource: Resource, path: string, absent: number): number {
  const value = at(resource, path);
  if (value === undefined) return absent;
  return typeof value === "number" || (typeof value === "string" && value.trim() !== "")
    ? Number(value)
    : Number.NaN;
}

export function isTrue(value: unknown): boolean {
  return value === true || value === "true";
}

/** Through an alias or a version to the function behind it. */
function invoked(templates: Templates, reference: unknown): Resource | undefined {
  const target = templates.referredTo(reference);
  const isProxy = target?.type === "AWS::Lambda::Alias" || target?.type === "AWS::Lambda::Version";
  return isProxy ? invoked(templates, target.properties.FunctionName) : target;
}

function readsQueue({ mapping, source }: Mapping): boolean {
  return source?.type === "AWS::SQS::Queue" || /:sqs:/.test(String(mapping.properties.EventSourceArn));
}
