// What a trial run stands on: the outside, the stacks synthesized to know it, and the local cloud that runs them.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LocalCloud, startLocalCloud } from "../cloud.ts";
import { type CloudDirectory, takeCloudDirectory } from "../cloud-directory.ts";
import { requireTablesEngine } from "../engines/dynoxide.ts";
import { requireFree } from "../engines/free-ports.ts";
import { findPage } from "../page.ts";
import type { Program } from "../program.ts";
import { synthesizeChanged } from "../synthesize.ts";
import type { TrialArguments } from "./arguments.ts";
import type { Progress } from "./look/progress.ts";
import { noteRequests, type Requests } from "./look/requests-by-hand.ts";
import { startTally, type Tally } from "./look/tally.ts";
import { type Outside, startOutside } from "./send/outside.ts";
import type { TrialOptions } from "./trial-run.ts";

export interface Ground {
  readonly place: CloudDirectory;
  readonly cloud: LocalCloud;
  /** Rejects when the stacks are not to be deployed. */
  readonly checked: Promise<void>;
  readonly tally: Tally;
  readonly requests: Requests;
  /** By the setting that has its URL. */
  readonly outsides: ReadonlyMap<string, Outside>;
  /** The address of the console's page, where it is installed. */
  readonly page?: string;
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
  const found = findPage(); // it loads while the stacks are synthesized
  found.catch(() => undefined); // told where it is awaited
  const outsides = new Map<string, Outside>();
  const context: Record<string, string> = { stage: "local", ...settings };
  const before = portsBefore(place);
  for (const [setting, service] of Object.entries(outside)) {
    const running = await startOutside(service, before[setting]);
    stops.push(running.stop);
    outsides.set(setting, running);
    context[setting] = running.url;
    before[setting] = Number(new URL(running.url).port);
  }
  writeFileSync(portsFile(place), JSON.stringify(before));

  progress.step("Synthesizing the stacks (cdk synth) ...");
  const { assemblyDirectory } = place;
  const { written, checked } = synthesizeChanged({ projectDirectory, assemblyDirectory, context, signal });
  const tally = startTally();
  const requests = noteRequests();
  const page = await found;
  const starting = startLocalCloud({
    assemblyDirectory,
    written: written.then(() => progress.step("Starting the local cloud ...")),
    ports,
    chaos: { level: chaos, seed },
    hurries: true, // somebody watches
    onEvent(event) {
      tally.note(event);
      page?.note(event);
    },
    onAnswer: requests.note,
  });
  stops.push(() =>
    starting.then(
      ({ stop }) => stop(),
      () => undefined, // a start that failed has stopped itself
    ),
  );
  const cloud = await starting;
  place.announce({ endpoints: cloud.endpoints, outputs: cloud.outputs });
  const served = await page?.serve({ cloud, outsides, ...(ports.console && { port: ports.console }) });
  const ground = { place, cloud, checked, tally, requests, outsides };
  if (!served) return ground;
  stops.push(served.stop);
  return { ...ground, page: served.address };
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
