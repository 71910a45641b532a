#!/usr/bin/env node
import { runCommand } from "./terminal/exit-code.ts";
// `essentially-once COMMAND …`: the commands by one name, for the scripts of an app.
import { UsageError } from "./terminal/usage-error.ts";

const commands = {
  consumers: () => import("./consumers.ts"),
  deploy: () => import("./deploy.ts"),
  dlq: () => import("./dlq.ts"),
  journal: () => import("./journal.ts"),
  new: () => import("./new.ts"),
  outbox: () => import("./outbox.ts"),
  routes: () => import("./routes.ts"),
  synth: () => import("./synth.ts"),
  upgrade: () => import("./upgrade.ts"),
};

const [name = ""] = process.argv.splice(2, 1);
if (Object.hasOwn(commands, name)) await commands[name as keyof typeof commands]();
else {
  await runCommand(async () => {
    throw new UsageError(
      `essentially-once COMMAND [options], where COMMAND is one of ${Object.keys(commands).join(", ")}, got ${JSON.stringify(name)}.`,
    );
  });
}
