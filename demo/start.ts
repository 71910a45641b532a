// `npm start`: runs the stacks of this project on this machine, and counts what came out.

import { fileURLToPath } from "node:url";
import { showProgress } from "@essentially-once/local-cloud/internal/trial/progress";
import { type Program, runProgram, untilSignal } from "@essentially-once/local-cloud/program";
import { parseStartArguments, START_HELP } from "./arguments.ts";
import { invitation } from "./invitation.ts";
import { orderIdIn } from "./reconcile.ts";
import { reportOf, summaryOf } from "./report.ts";
import type { Order } from "./tables.ts";
import type { World } from "./world.ts";

await runProgram(start);

async function start(program: Program): Promise<number> {
  const options = parseStartArguments(process.argv.slice(2));
  if (options.help) {
    console.log(START_HELP);
    return 0;
  }
  const people = options.json ? process.stderr : process.stdout;
  const { runDemo } = await import("./demo.ts"); // a wrong command line is answered before that
  const { cloud, place, run } = await runDemo(options, {
    ...program,
    projectDirectory: fileURLToPath(new URL("..", import.meta.url)),
    progress: showProgress(people),
  });
  people.write(`${reportOf(run)}\n`);
  const summary = summaryOf(run);
  if (options.json) console.log(JSON.stringify(summary));
  if (process.stdout.isTTY && !options.exit) {
    const customerId = run.world.accounts[0]?.id ?? "customer-0001";
    const strangerId = run.world.orders.find((order) => waitsForAccount(run.world, order))?.customerId;
    const beside = place.beside ? { cloudFile: place.cloudFile } : {};
    people.write(invitation({ ...cloud, customerId, strangerId, ...beside }));
    await untilSignal();
  }
  return summary.ok ? 0 : 1;
}

function waitsForAccount({ deadLetters }: World, { id }: Order): boolean {
  return deadLetters.some(({ reason, body }) => reason === "ACCOUNT_UNKNOWN" && orderIdIn(body) === id);
}
