// The operator's command for consumers: `npm run consumers`.
//
//   G6. A paused consumer loses and parks nothing: its messages wait in their queue, and the list says for how long they can.

import { nowMs } from "@essentially-once/messaging/clock";
import { connectTo } from "./connect/connection.ts";
import { clientsOf } from "./consumers/clients.ts";
import { type ConsumersVerb, consumersTool } from "./consumers/consumers-tool.ts";
import {
  type Clients,
  type ConsumerState,
  isPartlyStopped,
  isStopped,
  stateOf,
} from "./consumers/overview.ts";
import { pause, resume } from "./consumers/pauses.ts";
import { type ConsumerQueue, consumerQueues } from "./dead-letters/consumer-queues.ts";
import { ageText } from "./terminal/age.ts";
import { type Asked, helpOf, readCommand } from "./terminal/command-line.ts";
import { type ExitCode, exitCodes, runCommand } from "./terminal/exit-code.ts";
import { print, printJson, printText } from "./terminal/print.ts";
import { textTable } from "./terminal/text-table.ts";
import { UsageError } from "./terminal/usage-error.ts";

await runCommand(async () => {
  const asked = readCommand(consumersTool, process.argv.slice(2));
  if (asked.verb === "help") {
    printText(helpOf(consumersTool));
    return exitCodes.done;
  }
  if (asked.verb === "pause" && !asked.given.because?.trim())
    throw new UsageError('pause needs a reason: --because "the bank is down until noon".');
  const connection = await connectTo(asked.given);
  const clients = clientsOf(connection);
  try {
    const queues = consumerQueues(connection.outputs);
    if (asked.verb === "list") return await list(clients, queues, asked);
    return await change(clients, queueNamed(queues, asked.operands[0]), asked);
  } finally {
    for (const client of Object.values(clients)) client.destroy();
  }
});

function queueNamed(queues: readonly ConsumerQueue[], name = ""): ConsumerQueue {
  const found = queues.find((queue) => queue.name === name || queue.consumer === name);
  if (found) return found;
  const names = queues.map((queue) => queue.name).join(", ");
  throw new UsageError(`NAME must be one of ${names}, got ${JSON.stringify(name)}.`);
}

async function list(
  clients: Clients,
  queues: readonly ConsumerQueue[],
  { given }: Asked<ConsumersVerb>,
): Promise<ExitCode> {
  const states = await Promise.all(queues.map((queue) => stateOf(clients, queue)));
  if (given.json) printJson({ consumers: states });
  else {
    printText(
      textTable(
        ["CONSUMER", "STATE", "MESSAGES", "PAUSED", "BY", "BECAUSE"],
        states.map(({ name, state, messages, pause: paused }) => [
          name,
          state,
          String(messages),
          paused ? `${sinceText(paused.at)} ago` : "",
          paused?.by ?? "",
          paused?.because ?? "",
        ]),
      ),
    );
    for (const state of states) for (const line of warningsOf(state)) print(line);
  }
  return states.some((state) => isPartlyStopped(state) || state.pause) ? exitCodes.left : exitCodes.done;
}

function warningsOf(state: ConsumerState): string[] {
  const { name, messages, pause: paused, retentionMs } = state;
  if (!paused)
    return isPartlyStopped(state)
      ? [`${name} is ${state.state}, and nobody said why: \`npm run consumers -- resume ${name}\`.`]
      : [];
  if (!isStopped(state))
    return [
      `${name} has a pause, and is ${state.state}: a deployment has enabled it, or a command was interrupted. ` +
        "Pause it again, or resume it.",
    ];
  const goneMs = Date.parse(paused.at) + retentionMs;
  if (nowMs() >= goneMs)
    return [
      `${name}: SQS may be deleting messages. It keeps them for ${ageText(retentionMs)}: resume it now.`,
    ];
  return [
    `${name}, with ${messages} messages: those sent since the pause expire in ${ageText(goneMs - nowMs())} at the earliest. ` +
      "Older ones may expire sooner.",
  ];
}

async function change(
  clients: Clients,
  queue: ConsumerQueue,
  { verb, given }: Asked<ConsumersVerb>,
): Promise<ExitCode> {
  if (verb === "resume") {
    const was = await resume(clients, queue);
    if (given.json) printJson({ name: queue.name, resumed: was });
    else print(was ? `${queue.name} receives messages again.` : `${queue.name} was not paused.`);
    return was ? exitCodes.done : exitCodes.nothing;
  }
  const { isNew, record } = await pause(clients, queue, given.because ?? "");
  const state = await stateOf(clients, queue);
  if (given.json) printJson({ isNew, ...state });
  else {
    const before = `${queue.name} was paused ${sinceText(record.at)} ago by ${record.by}: ${record.because}`;
    print(isNew ? `${queue.name} is paused. Its messages wait in the queue.` : before);
    for (const line of warningsOf(state)) print(line);
  }
  return exitCodes.done;
}

function sinceText(at: string): string {
  return ageText(nowMs() - Date.parse(at));
}
