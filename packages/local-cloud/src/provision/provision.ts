// Step 3 of 3: stacks → tables, queues and a description of the functions and event sources to run.
//
//   First it checks the whole assembly and refuses everything that it does not understand; only then does it create anything.

import { type AssemblyStack, readAssembly } from "../model/assembly.ts";
import type { LocalClients } from "../model/clients.ts";
import { LOCAL_REGION } from "../model/clients.ts";
import { resolve } from "../model/intrinsics.ts";
import type { Deployment, Endpoints, HttpApi } from "../model/model.ts";
import { requirePermitted } from "../permissions/required-permissions.ts";
import { FAMILIES } from "../resources/families.ts";
import type { Deployed } from "../resources/family.ts";
import { NotProvided, type ResourceGraph, resourceGraph } from "./resource-graph.ts";
import { readRoles } from "./roles.ts";
import { understand } from "./understand.ts";

export interface ProvisionOptions {
  readonly assemblyDirectory: string;
  readonly clients: LocalClients;
  readonly endpoints: Endpoints;
  /** Where the function URL with this construct path is served; with a trailing slash. */
  functionUrlFor(path: string): string;
}

/**
 * Creates what the assembly describes, through the clients; what is there already and the same is kept.
 * Throws `NotUnderstood` before anything is created, `ResourceFailed` for a value that would not be honoured, and
 * `NotPermitted` for a mapping, a schedule or a rotation that AWS would deny.
 */
export async function provision({ assemblyDirectory, ...options }: ProvisionOptions): Promise<Deployment> {
  const assembly = readAssembly(assemblyDirectory);
  const ignored = understand(assembly);
  const deployed = nothingDeployed();
  const graph = resourceGraph(assembly, { ...options, assets: assembly.assets, deployed });
  const outputs: Record<string, Record<string, string>> = {};
  for (const stack of assembly.stacks) await createAll(graph, stack);
  const { resourcePermissions, functions, ...all } = deployed;
  const { queueUrlsByArn: _1, partitionKeysByStreamArn: _2, integrations: _3, ...toRun } = all;
  const roles = await readRoles(assembly, graph);
  requirePermitted(deployed.requiredPermissions, { roles, resourcePermissions });
  for (const stack of assembly.stacks) outputs[stack.name] = await outputsOf(graph, stack, ignored);
  const here = (texts: Readonly<Record<string, string>>) => atItsUrl(texts, deployed.httpApis);
  return {
    ...toRun,
    functions: functions.map((fn) => ({ ...fn, environment: here(fn.environment) })),
    roles,
    pathsByArn: graph.pathsByArn(),
    outputs: Object.fromEntries(Object.entries(outputs).map(([stack, own]) => [stack, here(own)])),
    ignored,
  };
}

/** A template makes an API's URL of its id and AWS's domain. */
function atItsUrl(texts: Readonly<Record<string, string>>, apis: readonly HttpApi[]): Record<string, string> {
  const entries = Object.entries(texts).map(([name, text]) => {
    const urls = apis.map(({ apiId, url }) => [
      `https://${apiId}.execute-api.${LOCAL_REGION}.amazonaws.com`,
      url,
    ]);
    const local = urls.reduce(
      (all, [onAws = "", url = ""]) => all.replaceAll(onAws, url.replace(/\/$/, "")),
      text,
    );
    return [name, local];
  });
  return Object.fromEntries(entries);
}

function nothingDeployed(): Deployed {
  return {
    functions: [],
    sqsMappings: [],
    streamMappings: [],
    schedules: [],
    eventRules: [],
    bucketNotifications: [],
    rotations: [],
    functionUrls: [],
    httpApis: [],
    integrations: new Map(),
    requiredPermissions: [],
    resourcePermissions: [],
    secretArnsByName: new Map(),
    queueUrlsByArn: new Map(),
    partitionKeysByStreamArn: new Map(),
  };
}

async function createAll(graph: ResourceGraph, stack: AssemblyStack): Promise<void> {
  for (const [logicalId, { Type }] of Object.entries(stack.template.Resources ?? {})) {
    if (FAMILIES.has(Type) && (await graph.exists(stack, logicalId))) await graph.resource(stack, logicalId);
  }
}

/** An output of what exists in AWS only (a role, a dashboard) is left out and listed as ignored. */
async function outputsOf(graph: ResourceGraph, stack: AssemblyStack, ignored: string[]) {
  const outputs: Record<string, string> = {};
  const scope = graph.scope(stack);
  for (const [key, { Value, Condition }] of Object.entries(stack.template.Outputs ?? {})) {
    if (Condition && !(await scope.condition(Condition))) continue;
    try {
      outputs[key] = String(await resolve(Value, scope));
    } catch (error) {
      if (!(error instanceof NotProvided)) throw error;
      ignored.push(`output ${stack.name}.${key}: ${error.message}`);
    }
  }
  return outputs;
}
