// What a trial run stands on: the outside, the stacks synthesized to know it, and the local cloud that runs them.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LocalCloud, startLocalCloud } from "../cloud.ts";
import { type CloudDirectory, takeCloudDirectory } from "../cloud-directory.ts";
import { requireTablesEngine } from "../engines/dynoxide.ts";
import { requireFree } from "../engines/free-ports.ts";
import type { Program } from "../program.ts";
import { synthesizeChanged } from "../synthesize.ts";
import type { TrialArguments } from "./arguments.ts";
import type { Progress } from "./look/progress.ts";
import { startTally, type Tally } from "./look/tally.ts";
import { startOutside } from "./send/outside.ts";
import type { TrialOptions } from "./trial-run.ts";

export interface Ground {
  readonly place: CloudDirectory;
  readonly cloud: LocalCloud;
  readonly tally: Tally;
}

type Surroundings = Pick<TrialOptions, "outside" | "settings">;

export async function setUp(
  { chaos, seed, ports }: TrialArguments,
  { signal, stops }: Program,
  { outside = {}, settings = {}, progress }: Surroundings & { readonly progress: Progress },
): Promise<Ground> {
  requireTablesEngine();
  await requireFree(ports);
  const projectDirectory = process.cwd();
  const place = await takeCloudDirectory(projectDirectory);
  stops.push(place.leave);
  if (place.beside)
    progress.step(`Process ${place.beside} has a local cloud up here already; this one stands beside it.`);
  const context: Record<string, string> = { stage: "local", ...settings };
  const before = portsBefore(place);
  for (const [setting, service] of Object.entries(outside)) {
    const { url, stop } = await startOutside(service, before[setting]);
    stops.push(stop);
    context[setting] = url;
    before[setting] = Number(new URL(url).port);
  }
  writeFileSync(portsFile(place), JSON.stringify(before));

  progress.step("Synthesizing the stacks (cdk synth) ...");
  const { assemblyDirectory } = place;
  await synthesizeChanged({ projectDirectory, assemblyDirectory, context, signal });

  progress.step("Starting the local cloud ...");
  const tally = startTally();
  const starting = startLocalCloud({
    assemblyDirectory,
    ports,
    chaos: { level: chaos, seed },
    onEvent: tally.note,
  });
  stops.push(() =>
    starting.then(
      ({ stop }) => stop(),
      () => undefined, // a start that failed has stopped itself
    ),
  );
  const cloud = await starting;
  place.announce({ endpoints: cloud.endpoints, outputs: cloud.outputs });
  return { place, cloud, tally };
}

/** Where services outside listened the last time. */
function portsBefore(place: CloudDirectory): Record<string, number> {
  try {
    return JSON.parse(readFileSync(portsFile(place), "utf8"));
  } catch {
    return {}; // the first time, or half a file
  }
}

function portsFile({ directory }: CloudDirectory): string {
  return join(directory, "outside.json");
}
