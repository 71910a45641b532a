// Two releases in one assembly: each function has the bundles of both, and a file says which of them an invocation runs. So
// both are deployed at once, as during a deployment, and what one leaves unfinished the other finds.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
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

/**
 * Puts the bundles that `projects` make of the functions into the assembly.
 * @param projects directories whose node_modules have a release each
 */
export async function putBoth(
  assemblyDirectory: string,
  projects: { readonly before: string; readonly now?: string | undefined },
): Promise<BothReleases> {
  const plan = join(assemblyDirectory, "plan.json");
  const ran = join(assemblyDirectory, "ran.txt");
  appendFileSync(ran, "");
  const bundles = functionsIn(assemblyDirectory);
  for (const [directory, name] of bundles) {
    const now = readdirSync(directory);
    mkdirSync(join(directory, "now"));
    for (const file of now) renameSync(join(directory, file), join(directory, "now", file));
    const role = relay.includes(name) ? "relay" : "consumers";
    writeFileSync(join(directory, "index.mjs"), eitherOf({ name, role, plan, ran }));
  }
  for (const [release, project] of Object.entries(projects)) {
    if (project)
      bundle(project, new Map([...bundles].map(([to, name]) => [join(to, release), fileOf(name)])));
  }
  return {
    setPlan: (next) => writeFileSync(plan, JSON.stringify(next)),
    invocations() {
      const counts = new Map([...bundles.values()].map((name) => [name, { before: 0, now: 0 }]));
      for (const line of readFileSync(ran, "utf8").split("\n").slice(0, -1)) {
        const [name = "", release] = line.split(" ");
        const count = counts.get(name);
        if (count) count[release as Release]++;
      }
      return counts;
    },
  };
}

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
async function bundle(project: string, files: ReadonlyMap<string, string>): Promise<void> {
  const write = `import { makeBundle } from "@essentially-once/constructs/internal/bundle/make-bundle";
import { mkdirSync, writeFileSync } from "node:fs";
for (const [to, file] of ${JSON.stringify([...files])}) {
  mkdirSync(to, { recursive: true });
  for (const [name, text] of Object.entries(makeBundle(file).files)) writeFileSync(to + "/" + name, text);
}`;
  await run(process.execPath, ["--input-type=module", "--eval", write], project);
  for (const to of files.keys())
    if (!existsSync(join(to, "index.mjs"))) throw new Error(`no bundle in ${to}`);
}

function eitherOf({ name, role, plan, ran }: Record<"name" | "role" | "plan" | "ran", string>): string {
  return `import { appendFileSync, readFileSync } from "node:fs";
import * as before from "./before/index.mjs";
import * as now from "./now/index.mjs";
const releases = { before, now };
let turn = process.pid;
export async function handler(event, context) {
  const planned = JSON.parse(readFileSync(${JSON.stringify(plan)}, "utf8"))[${JSON.stringify(role)}];
  const release = planned === "mixed" ? (turn++ % 2 === 0 ? "before" : "now") : planned;
  appendFileSync(${JSON.stringify(ran)}, ${JSON.stringify(name)} + " " + release + "\\n");
  return releases[release].handler(event, context);
}
`;
}
