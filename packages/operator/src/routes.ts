// The operator's command for the routes of a stage: `npm run routes`.

import type { Registration } from "@essentially-once/messaging/internal/publish/registration";
import { type Connection, connectTo } from "./connect/connection.ts";
import { registrationsOf } from "./connect/registry.ts";
import { routeFindings } from "./routes/findings.ts";
import { type Leaving, leavingOf } from "./routes/leaving.ts";
import { type RoutesVerb, routesTool } from "./routes/routes-tool.ts";
import { type Asked, helpOf, readCommand } from "./terminal/command-line.ts";
import { type ExitCode, exitCodes, runCommand } from "./terminal/exit-code.ts";
import { print, printJson, printText } from "./terminal/print.ts";
import { textTable } from "./terminal/text-table.ts";
import { UsageError } from "./terminal/usage-error.ts";

await runCommand(async () => {
  const asked = readCommand(routesTool, process.argv.slice(2));
  if (asked.verb === "help") {
    printText(helpOf(routesTool));
    return exitCodes.done;
  }
  const connection = await connectTo(asked.given);
  try {
    const registrations = await registrationsOf(connection);
    if (asked.verb === "list") return list(registrations, asked);
    if (asked.verb === "check") return await check(registrations, asked, connection);
    return await leaving(registrations, asked, connection);
  } finally {
    connection.sqs.destroy();
    connection.dynamodb.destroy();
  }
});

function list(registrations: readonly Registration[], { given }: Asked<RoutesVerb>): ExitCode {
  const routes = typesIn(registrations).map((type) => ({
    type,
    publishers: namesOf(registrations, ({ publishes }) => publishes.includes(type)),
    consumers: namesOf(registrations, ({ accepts }) => accepts.flat().includes(type)),
  }));
  if (given.json) printJson({ routes, contracts: registrations });
  else if (routes.length === 0) print("Nothing is registered.");
  else {
    printText(
      textTable(
        ["TYPE", "PUBLISHED BY", "ACCEPTED BY"],
        routes.map(({ type, publishers, consumers }) => [type, shown(publishers), shown(consumers)]),
      ),
    );
  }
  return routes.length > 0 ? exitCodes.done : exitCodes.nothing;
}

async function check(
  registrations: readonly Registration[],
  { given }: Asked<RoutesVerb>,
  connection: Connection,
): Promise<ExitCode> {
  const findings = await routeFindings(registrations, connection);
  if (given.json) printJson({ contracts: registrations.length, findings });
  else {
    for (const finding of findings) print(`- ${finding}`);
    const what =
      findings.length === 0
        ? "nothing is"
        : findings.length === 1
          ? "one thing is"
          : `${findings.length} things are`;
    print(`${registrations.length} contracts: ${what} wrong.`);
  }
  return findings.length > 0 ? exitCodes.failed : exitCodes.done;
}

async function leaving(
  registrations: readonly Registration[],
  { operands: [name = ""], given }: Asked<RoutesVerb>,
  connection: Connection,
): Promise<ExitCode> {
  const registration = registrations.find((each) => each.name === name);
  if (registration?.queue === undefined) {
    const known = registrations.filter(({ queue }) => queue !== undefined).map((each) => each.name);
    throw new UsageError(
      `NAME must be a consumer of the relay (${known.join(", ") || "there is none"}), got ${JSON.stringify(name)}.`,
    );
  }
  const left = await leavingOf(registration, registrations, connection);
  if (given.json) printJson({ name, ...left });
  else sayLeft(name, left);
  return left.waiting + left.deadLetters + left.pending > 0 || left.orphaned.length > 0
    ? exitCodes.left
    : exitCodes.done;
}

function sayLeft(name: string, { waiting, deadLetters, pending, orphaned }: Leaving): void {
  print(`${waiting} messages are in the queue of ${name}, ${deadLetters} in its dead-letter queue.`);
  print(`${pending} messages that it accepts are in the outbox.`);
  for (const { type, publishers } of orphaned) {
    print(
      `No other consumer accepts ${type}: without ${name} it waits in the outbox. It is published by ${shown(publishers)}.`,
    );
  }
  if (waiting + deadLetters + pending === 0 && orphaned.length === 0) {
    print(`${name} can be removed: deploy its stack without it.`);
  }
}

function typesIn(registrations: readonly Registration[]): string[] {
  const types = registrations.flatMap(({ accepts, publishes }) => [...accepts.flat(), ...publishes]);
  return [...new Set(types)].sort();
}

function namesOf(registrations: readonly Registration[], has: (one: Registration) => boolean): string[] {
  return registrations.filter(has).map(({ name }) => name);
}

function shown(names: readonly string[]): string {
  return names.join(", ") || "nobody";
}
