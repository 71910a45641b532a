// Finds mistakes in the routes of a stage: contracts that do not match, queues that do not exist, and queues that a former
// consumer left with messages in them.

import type { Registration } from "@essentially-once/messaging/internal/publish/registration";
import { routeFaults } from "@essentially-once/messaging/internal/publish/route-faults";
import type { Connection } from "../connect/connection.ts";
import { outputRequired } from "../connect/outputs.ts";
import { stackNamePrefix } from "../connect/stage-outputs.ts";
import { messagesIn, nameOf, queuesNamed } from "./queues.ts";

/** One sentence for each, with the remedy. */
export async function routeFindings(
  registrations: readonly Registration[],
  connection: Connection,
): Promise<string[]> {
  const { sqs } = connection;
  const queues = await queuesNamed(sqs, queuePrefixOf(connection));
  const names = new Set(queues.map(nameOf));
  const sent = registrations.filter(({ queue }) => queue !== undefined);
  const gone = sent
    .filter(({ queue = "" }) => !names.has(nameOf(queue)))
    .map(
      ({ name, queue = "", stack }) =>
        `the queue ${nameOf(queue)} of ${name} does not exist: deploy ${stack || "its stack"} again, or without it`,
    );
  const shared = [...Map.groupBy(sent, ({ queue }) => queue)]
    .filter(([, list]) => list.length > 1)
    .map(
      ([queue = "", list]) =>
        `${list.map(({ name }) => name).join(" and ")} share the queue ${nameOf(queue)}`,
    );
  return [
    ...routeFaults(registrations, { all: true }),
    ...shared,
    ...gone,
    ...(await leftBehind(queues, registrations, connection)),
  ];
}

/** As packages/constructs/src/config.ts names the stacks, whose names begin those of their queues. */
function queuePrefixOf({ outputs }: Connection): string {
  const [, , stage = ""] = outputRequired(outputs, "RegistryPath").split("/");
  return `${stackNamePrefix}${stage}-`;
}

/** Of the stage, and of no stack or consumer that is deployed. */
async function leftBehind(
  queues: readonly string[],
  registrations: readonly Registration[],
  { sqs, outputs }: Connection,
): Promise<string[]> {
  const deployed = Object.values(outputs).flatMap((stack) => Object.values(stack));
  const known = new Set([...deployed, ...registrations.map(({ queue = "" }) => queue)].map(nameOf));
  const left = queues.filter((url) => !known.has(nameOf(url)));
  const findings = await Promise.all(
    left.map(async (url) => {
      const messages = await messagesIn(sqs, url);
      return messages === 0
        ? []
        : [
            `${nameOf(url)} has no consumer any more, but ${messages} messages: see docs/operations.md#a-consumer-has-left, ` +
              `then delete it`,
          ];
    }),
  );
  return findings.flat();
}
