// What an operator paused stays paused, whatever a deployment did to its mapping, and however the deployment ended.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Outputs } from "../connect/connection.ts";
import type { Pause } from "../consumers/pause-record.ts";
import { goneWhilePaused, holdPauses, pausedAmong } from "../consumers/pauses.ts";
import { type ConsumerQueue, consumerQueues } from "../dead-letters/consumer-queues.ts";
import { print, printError } from "../terminal/print.ts";
import { reasonOf } from "./deployed-outputs.ts";

/** Empty when they cannot be read, which it says. */
export async function pausedIn(outputs: Outputs): Promise<ReadonlyMap<string, Pause>> {
  const dynamodb = new DynamoDBClient();
  try {
    return await pausedAmong({ dynamodb }, queuesIn(outputs));
  } catch (error) {
    printError(
      `Could not see which consumers are paused (${reasonOf(error)}): one that gets another name is not paused, and nobody says so.`,
    );
    return new Map();
  } finally {
    dynamodb.destroy();
  }
}

/** Never throws: the deployment has its own outcome. */
export async function keepPaused(outputs: Outputs, before: ReadonlyMap<string, Pause>): Promise<void> {
  const clients = {
    sqs: new SQSClient({ useQueueUrlAsEndpoint: false }),
    dynamodb: new DynamoDBClient(),
    lambda: new LambdaClient(),
  };
  try {
    const queues = queuesIn(outputs);
    for (const line of goneWhilePaused(before, queues)) print(line);
    for (const { name, error } of await holdPauses(clients, queues)) {
      if (error === undefined)
        print(`${name} stays paused: the deployment had enabled it. npm run consumers -- resume ${name}`);
      else printError(unseen(`whether ${name} is paused and still is`, error));
    }
  } catch (error) {
    printError(unseen("whether paused consumers are still paused", error));
  } finally {
    for (const client of Object.values(clients)) client.destroy();
  }
}

/** None in a stage without consumers, or of a release that could not pause them. */
function queuesIn(outputs: Outputs): readonly ConsumerQueue[] {
  const keys = Object.values(outputs).flatMap((stack) => Object.keys(stack));
  const canPause = [/.Consumer$/, /.EvidenceTable$/].every((output) => keys.some((key) => output.test(key)));
  return canPause ? consumerQueues(outputs) : [];
}

function unseen(what: string, error: unknown): string {
  return `Could not see ${what} (${reasonOf(error)}): npm run consumers -- list`;
}
