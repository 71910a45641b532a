// A resource family: the properties that it understands, those that do not matter on a laptop, and a way to create the
// resource. Any other property is refused by name.

import type { z } from "zod";
import type { Asset } from "../model/assembly.ts";
import type { LocalClients } from "../model/clients.ts";
import type {
  BucketNotification,
  Endpoints,
  EventRule,
  FunctionUrl,
  HttpApi,
  HttpApiRoute,
  LocalFunction,
  Rotation,
  Schedule,
  SqsMapping,
  StreamMapping,
} from "../model/model.ts";
import { NotUnderstood } from "../model/not-understood.ts";
import type { RequiredPermission, ResourcePermission } from "../permissions/required-permissions.ts";

export interface Family<Properties extends z.ZodObject = z.ZodObject> {
  readonly type: string;
  /** The understood properties; nested objects are strict too. */
  readonly properties: Properties;
  /** Accepted and without effect: names, or paths (`Target.RoleArn`) that lead through lists as well. */
  readonly harmless: readonly string[];
  create(properties: z.output<Properties>, site: Site): Promise<Created>;
}

/** What a template can say about a created resource. */
export interface Created {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Where a resource is created: who it is, and all that was created before it. */
export interface Site {
  readonly path: string;
  readonly stackName: string;
  readonly logicalId: string;
  readonly clients: LocalClients;
  readonly endpoints: Endpoints;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly deployed: Deployed;
  functionUrlFor(path: string): string;
}

export interface Deployed {
  readonly functions: LocalFunction[];
  readonly sqsMappings: SqsMapping[];
  readonly streamMappings: StreamMapping[];
  readonly schedules: Schedule[];
  readonly eventRules: EventRule[];
  readonly bucketNotifications: BucketNotification[];
  readonly rotations: Rotation[];
  readonly functionUrls: FunctionUrl[];
  readonly httpApis: (HttpApi & { readonly routes: HttpApiRoute[] })[];
  /** Id → ARN of the function behind it. */
  readonly integrations: Map<string, string>;
  readonly requiredPermissions: RequiredPermission[];
  readonly resourcePermissions: ResourcePermission[];
  readonly secretArnsByName: Map<string, string>;
  readonly queueUrlsByArn: Map<string, string>;
  readonly partitionKeysByStreamArn: Map<string, string>;
}

export { NotUnderstood };

/** Keeps the types of one family together; a list of families forgets them. */
export function family<Properties extends z.ZodObject>(definition: Family<Properties>): Family {
  return definition as unknown as Family;
}

/** The properties without the harmless ones, whose references need not even resolve. */
export function relevant(of: Family, properties: Readonly<Record<string, unknown>>): unknown {
  return pruned(properties, "", new Set(of.harmless));
}

function pruned(value: unknown, path: string, harmless: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((element) => pruned(element, path, harmless));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => ({
    key,
    member,
    at: path ? `${path}.${key}` : key,
  }));
  return Object.fromEntries(
    members
      .filter(({ at }) => !harmless.has(at))
      .map(({ key, member, at }) => [key, pruned(member, at, harmless)]),
  );
}

/** Throws `NotUnderstood` with every problem of the resolved properties. */
export function parseProperties(of: Family, properties: unknown): Record<string, unknown> {
  const parsed = of.properties.safeParse(properties);
  if (parsed.success) return parsed.data;
  throw new NotUnderstood(parsed.error.issues.map(problem).join("; "));
}

function problem(issue: z.core.$ZodIssue): string {
  const where = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
  return issue.code === "unrecognized_keys"
    ? `${where}${issue.keys.map((key) => `property ${key}`).join(", ")} not supported`
    : `${where}${issue.message}`;
}
