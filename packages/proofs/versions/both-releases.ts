// Two releases in one assembly: each function has the bundles of both, and a file says which of them an invocation runs. So
// both are deployed at once, as during a deployment, and what one leaves unfinished the other finds.
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./previous.ts";

export type Release = "before" | "now";
/** Mixed: in turn, one invocation after the other. */
export type Plan = Readonly<Record<"relay" | "consumers", Release | "mixed">>;

export interface BothReleases {
  setPlan(plan: Plan): void;
  /** How many invocations of each function each release has run: `take` → `{ before: 3, now: 4 }`. */
  invocations(): ReadonlyMap<string, Record<Release, number>>;
}

const relay = ["publish", "sweep", "rotate-keys"];

/** Beside the bundles that the assembly has, those of the release that the project has. */
export async function addBefore(assemblyDirectory: string, project: string): Promise<void> {
  const bundles = functionsIn(assemblyDirectory);
  for (const [directory, name] of bundles) {
    const now = readdirSync(directory);
    mkdirSync(join(directory, "now"));
    for (const file of now) renameSync(join(directory, file), join(directory, "now", file));
    writeFileSync(join(directory, "index.mjs"), eitherOf(name));
  }
  await bundle(project, bundles, "before");
}

/** In the place of this release's bundle of a function, that of the project. */
export async function replaceNow(assemblyDirectory: string, name: string, project: string): Promise<void> {
  const bundles = [...functionsIn(assemblyDirectory)].filter(([, one]) => one === name);
  await bundle(project, new Map(bundles), "now");
}

export function bothReleases(assemblyDirectory: string): BothReleases {
  const ran = join(assemblyDirectory, ranFile);
  writeFileSync(ran, "");
  return {
    setPlan: (plan) => writeFileSync(join(assemblyDirectory, planFile), JSON.stringify(plan)),
    invocations() {
      const names = functionsIn(assemblyDirectory).values();
      const counts = new Map([...names].map((name) => [name, { before: 0, now: 0 }]));
      for (const line of readFileSync(ran, "utf8").split("\n").slice(0, -1)) {
        const [name = "", release] = line.split(" ");
        const count = counts.get(name);
        if (count) count[release as Release]++;
      }
      return counts;
    },
  };
}

const planFile = "plan.json";
const ranFile = "ran.txt";

/** Directory of the bundle → name of the function. */
function functionsIn(assemblyDirectory: string): Map<string, string> {
  const templates = readdirSync(assemblyDirectory).filter((file) => file.endsWith(".template.json"));
  const texts = templates.map((file) => readFileSync(join(assemblyDirectory, file), "utf8"));
  const found = texts.flatMap((text) =>
    Object.values<Resource>(JSON.parse(text).Resources).flatMap(({ Type, Properties }) => {
      if (Type !== "AWS::Lambda::Function") return [];
      const directory = join(assemblyDirectory, `asset.${Properties.Code.S3Key.replace(/\.zip$/, "")}`);
      const name = Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME;
      return [[directory, name.startsWith("publish-") ? "publish" : name] as const];
    }),
  );
  return new Map(found);
}

interface Resource {
  readonly Type: string;
  readonly Properties: {
    readonly Code: { readonly S3Key: string };
    readonly Environment: { readonly Variables: { readonly POWERTOOLS_SERVICE_NAME: string } };
  };
}

function fileOf(name: string): string {
  return relay.includes(name) ? `functions/relay/${name}.ts` : `packages/proofs/versions/app/${name}.ts`;
}

/** With the kit's own bundler, of the release that the project has. */
async function bundle(
  project: string,
  functions: ReadonlyMap<string, string>,
  release: Release,
): Promise<void> {
  const files = [...functions].map(([directory, name]) => [join(directory, release), fileOf(name)]);
  const write = `import { makeBundle } from "@essentially-once/constructs/internal/bundle/make-bundle";
import { mkdirSync, writeFileSync } from "node:fs";
for (const [to, file] of ${JSON.stringify(files)}) {
  mkdirSync(to, { recursive: true });
  for (const [name, text] of Object.entries(makeBundle(file).files)) writeFileSync(to + "/" + name, text);
}`;
  await run(process.execPath, ["--input-type=module", "--eval", write], project);
}

/** Files of the assembly are beside the bundle's directory. */
function eitherOf(name: string): string {
  const role = relay.includes(name) ? "relay" : "consumers";
  return `import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as before from "./before/index.mjs";
import * as now from "./now/index.mjs";
const releases = { before, now };
const assembly = join(import.meta.dirname, "..");
let turn = process.pid;
export async function handler(event, context) {
  const planned = JSON.parse(readFileSync(join(assembly, "${planFile}"), "utf8")).${role};
  const release = planned === "mixed" ? (turn++ % 2 === 0 ? "before" : "now") : planned;
  appendFileSync(join(assembly, "${ranFile}"), "${name} " + release + "\\n");
  return releases[release].handler(event, context);
}
`;
}
