// Step 1 of 3: cdk.out → stacks. Reads the cloud assembly that `cdk synth` wrote; decides nothing.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Condition?: string;
}

export interface Output {
  readonly Value: unknown;
  readonly Export?: { readonly Name: unknown };
  readonly Condition?: string;
}

export interface Template {
  readonly Resources?: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, Output>>;
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Transform?: unknown;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
}

export interface AssemblyStack {
  readonly name: string;
  readonly template: Template;
  /** For people: `Credit/ReserveCredit/Function`; a logical id is a name only CloudFormation loves. */
  constructPath(logicalId: string): string;
}

export interface Asset {
  readonly directory: string;
  readonly packaging: "zip" | "file";
}

export interface Assembly {
  readonly stacks: readonly AssemblyStack[];
  /** By object key, as templates name them. */
  readonly assets: ReadonlyMap<string, Asset>;
}

interface Artifact {
  readonly type: string;
  readonly metadata?: Metadata;
  readonly additionalMetadataFile?: string;
  readonly properties?: {
    readonly templateFile?: string;
    readonly stackName?: string;
    readonly file?: string;
    readonly directoryName?: string;
  };
}
type Metadata = Readonly<Record<string, readonly { readonly type: string; readonly data?: unknown }[]>>;
interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string; readonly packaging?: "zip" | "file" };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
}

/** Throws when there is no assembly in the directory. Stages (nested assemblies) are read along. */
export function readAssembly(directory: string): Assembly {
  const stacks: AssemblyStack[] = [];
  const assets = new Map<string, Asset>();
  collect(resolve(directory), stacks, assets);
  return { stacks, assets };
}

function collect(directory: string, stacks: AssemblyStack[], assets: Map<string, Asset>): void {
  for (const [id, artifact] of Object.entries(readManifest(directory).artifacts ?? {})) {
    const { templateFile, stackName, file, directoryName } = artifact.properties ?? {};
    if (artifact.type === "aws:cloudformation:stack" && templateFile) {
      stacks.push(readStack({ directory, name: stackName ?? id, templateFile, artifact }));
    } else if (artifact.type === "cdk:asset-manifest" && file) {
      for (const [key, asset] of readAssets(directory, file)) assets.set(key, asset);
    } else if (artifact.type === "cdk:cloud-assembly" && directoryName) {
      collect(join(directory, directoryName), stacks, assets);
    }
  }
}

function readManifest(directory: string): { readonly artifacts?: Readonly<Record<string, Artifact>> } {
  try {
    return readJson(join(directory, "manifest.json"));
  } catch (cause) {
    throw new Error(`No cloud assembly in ${directory}: run "npx cdk synth" first`, { cause });
  }
}

function readStack(from: {
  directory: string;
  name: string;
  templateFile: string;
  artifact: Artifact;
}): AssemblyStack {
  const { directory, name, templateFile, artifact } = from;
  const metadata: Metadata = {
    ...artifact.metadata,
    ...(artifact.additionalMetadataFile &&
      readJson<Metadata>(join(directory, artifact.additionalMetadataFile))),
  };
  const paths = new Map<unknown, string>();
  for (const [path, entries] of Object.entries(metadata)) {
    for (const { type, data } of entries) {
      if (type === "aws:cdk:logicalId") paths.set(data, path.replace(/^\//, "").replace(/\/Resource$/, ""));
    }
  }
  return {
    name,
    template: readJson(join(directory, templateFile)),
    constructPath: (logicalId) => paths.get(logicalId) ?? `${name}/${logicalId}`,
  };
}

function* readAssets(directory: string, file: string): Generator<[string, Asset]> {
  for (const { source, destinations } of Object.values(
    readJson<AssetManifest>(join(directory, file)).files ?? {},
  )) {
    if (!source.path || !source.packaging) continue;
    const asset = { directory: resolve(directory, source.path), packaging: source.packaging };
    for (const { objectKey } of Object.values(destinations)) yield [objectKey, asset];
  }
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, "utf8")) as T;
}
