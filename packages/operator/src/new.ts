// `npm run new`: a message, an endpoint, a consumer, a process or a projection, with its test and its wiring, that pass `npm run check` at once.

import { NEW_HELP, readNewCommand } from "./scaffold/command.ts";
import { newConsumer } from "./scaffold/consumer.ts";
import { draft } from "./scaffold/draft.ts";
import { newEndpoint } from "./scaffold/endpoint.ts";
import { newMessage } from "./scaffold/message.ts";
import { newProcess } from "./scaffold/process.ts";
import { newProjection } from "./scaffold/projection.ts";
import { exitCodes, runCommand } from "./terminal/exit-code.ts";
import { print, printText } from "./terminal/print.ts";

await runCommand(async () => {
  const command = readNewCommand(process.argv.slice(2));
  if (command.kind === "help") {
    printText(NEW_HELP);
    return exitCodes.done;
  }
  const files = draft(process.cwd());
  const hint = await write();
  for (const { path, isNew } of files.changed()) print(`${isNew ? "new    " : "changed"}  ${path}`);
  if (command.dryRun) print("", "Nothing was written: leave out --dry-run.");
  else files.save();
  printText(`\n${hint}`);
  return exitCodes.done;

  function write(): Promise<string> | string {
    if (command.kind === "message") return newMessage(files, command);
    if (command.kind === "endpoint") return newEndpoint(files, command);
    if (command.kind === "projection") return newProjection(files, command);
    if (command.kind === "process") return newProcess(files, command);
    if (command.kind === "consumer") return newConsumer(files, command);
    return "";
  }
});
