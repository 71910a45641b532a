#!/usr/bin/env node
// The local cloud alone: whatever stacks `bin/app.ts` has, on this machine, until Ctrl-C.
import type { LocalCloud } from "./cloud.ts";
import { takeCloudDirectory } from "./cloud-directory.ts";
import { requireTablesEngine } from "./engines/dynoxide.ts";
import { requireFree } from "./engines/free-ports.ts";
import type { LocalEvent } from "./model/events.ts";
import { openInBrowser } from "./open-in-browser.ts";
import { findPage } from "./page.ts";
import { type Program, runProgram, untilSignal } from "./program.ts";
import { shellExports } from "./shell-exports.ts";
import { CLOUD_HELP, parseCloudArguments } from "./start-arguments.ts";
import { synthesizeChanged } from "./synthesize.ts";

await runProgram(start);

async function start({ signal, stops }: Program): Promise<number> {
  const { help, exit, open, ports, context } = parseCloudArguments(process.argv.slice(2));
  if (help) {
    console.log(CLOUD_HELP);
    return 0;
  }
  requireTablesEngine();
  await requireFree(ports);
  const projectDirectory = process.cwd();
  const place = await takeCloudDirectory(projectDirectory);
  stops.push(place.leave);
  console.log("Synthesizing the stacks (cdk synth) ...");
  const { assemblyDirectory } = place;
  const { checked } = synthesizeChanged({ projectDirectory, assemblyDirectory, context, signal });
  await checked;

  console.log("Starting the local cloud ...");
  const { startLocalCloud } = await import("./cloud.ts"); // a wrong command line is answered before that
  const page = await findPage();
  const onEvent = (event: LocalEvent) => {
    show(event);
    page?.note(event);
  };
  const starting = startLocalCloud({ assemblyDirectory, ports, onEvent });
  stops.push(() =>
    starting.then(
      ({ stop }) => stop(),
      () => undefined, // a start that failed has stopped itself
    ),
  );
  const cloud = await starting;
  const { endpoints, outputs, deployment } = cloud;
  place.announce({ endpoints, outputs });
  console.log(`\n${listed(outputs)}`);
  console.log(`\n${deployment.functions.length} functions. Their logs follow. To use the local cloud from another terminal:
${shellExports(endpoints)}
  npm run dlq -- list${place.beside ? ` --cloud ${place.cloudFile}` : ""}
`);
  if (exit) return 0;
  const served = await page?.serve({
    cloud,
    outsides: new Map(),
    ...(ports.console && { port: ports.console }),
  });
  if (served) {
    stops.push(served.stop);
    console.log(`The console: ${served.address}\n`);
    if (open) openInBrowser(served.address);
  }
  await untilSignal();
  return 0;
}

function show(event: LocalEvent): void {
  if (event.kind === "log" || event.kind === "denial") console.log(event.line);
  if (event.kind === "invocation" && event.error) console.log(`${event.path}: ${event.error.message}`);
}

/** Without what stacks tell only each other. */
function listed(outputs: LocalCloud["outputs"]): string {
  const all = Object.values(outputs).flatMap((ofStack) => Object.entries(ofStack));
  const shown = all.filter(([key]) => !key.startsWith("ExportsOutput"));
  const width = Math.max(...shown.map(([key]) => key.length));
  return shown.map(([key, value]) => `  ${key.padEnd(width)}  ${value}`).join("\n");
}
