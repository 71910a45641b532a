// `npm run deploy -- --move-evidence`: the upgrade of a deployment whose services share one evidence table, in an order in
// which no message can meet an evidence that is not there yet, whatever dies on the way.
//
//   1. pause   no function of a service may run: deployed before anything is copied
//   2. wait    until the last invocation that was running must have ended
//   3. copy    what has been copied stays; a copy that died is made again from the beginning
//   4. switch  the functions have their own tables, and still none may run: deployed after all is copied
//   5. run     CloudFormation takes it only after 4, so plain deployments cannot come before
//
//   G2. Run again after it died, it begins with 1, and after 4 has begun with 2. packages/constructs/src/constructs/evidence-move.ts

import { DescribeTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Outputs } from "../connect/connection.ts";
import { outputNamed } from "../connect/outputs.ts";
import { UsageError } from "../terminal/usage-error.ts";
import { type Copied, copyEvidence } from "./copy.ts";
import { type MovePlan, movePlan } from "./plan.ts";

export interface Move {
  readonly dynamodb: DynamoDBClient;
  /** What is deployed now. */
  readonly outputs: () => Promise<Outputs>;
  /** Deploys all stacks with this setting more. @returns the exit code */
  readonly deploy: (setting?: string) => Promise<number>;
  readonly wait: (seconds: number) => Promise<void>;
  /** Functions and queues that are no longer in the app: their evidence is not needed. */
  readonly leave: readonly string[];
  readonly say: (text: string) => void;
  readonly onPage?: (soFar: Copied) => void;
}

/** Clocks, and a request on its way. */
const graceSeconds = 5;
/** An estimate, from a machine near the region. */
const copiesASecond = 1_000;

/**
 * CloudFormation refuses it, too, with less to go by; emulators do not.
 *
 * @throws UsageError when the deployed services share a table, or are on their way
 */
export function refuseUnmoved(outputs: Outputs): void {
  const former = formerTable(outputs);
  if (former === undefined) return;
  throw new UsageError(
    `The evidence of all services is in ${former}, but each service now has its own table. Deploy once with --move-evidence ` +
      "(docs/deploying.md). Otherwise services would process duplicates of messages of the last 60 days again.",
  );
}

/** What it would do, or undefined when there is nothing to move. */
export async function describeMove({
  dynamodb,
  outputs,
}: Pick<Move, "dynamodb" | "outputs">): Promise<string | undefined> {
  const TableName = formerTable(await outputs());
  if (TableName === undefined) return undefined;
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
  const items = Table?.ItemCount ?? 0;
  return (
    `Would stop all functions of the services, copy ${TableName} (${items} items a few hours ago, about ` +
    `${Math.ceil(items / copiesASecond / 60)} min), and start them again: add --yes to do it.`
  );
}

/** @returns the exit code of the deployment that failed, or 0 */
export async function moveEvidence(move: Move): Promise<number> {
  const { outputs, deploy, wait, say } = move;
  const before = await outputs();
  if (formerTable(before) === undefined) {
    say("There is no evidence to move.");
    return deploy();
  }
  if (outputNamed(before, "EvidencePhase") !== "switch") {
    const paused = await deploy("moveEvidence=pause");
    if (paused !== 0) return paused;
  }
  const plan = movePlan(await outputs());
  const seconds = plan.timeoutSeconds + graceSeconds;
  say(`Waiting ${seconds} seconds for running invocations.`);
  await wait(seconds);
  await copyAll(move, plan);
  return (await deploy("moveEvidence=switch")) || deploy();
}

/** Of a release whose services shared it, or of one that is moving it. */
function formerTable(outputs: Outputs): string | undefined {
  return outputNamed(outputs, "FormerEvidence") ?? outputNamed(outputs, "EvidenceTable");
}

/** @throws Error when something is left: the functions stay stopped */
async function copyAll({ dynamodb, leave, say, onPage }: Move, plan: MovePlan): Promise<void> {
  const { read, copied, there, left } = await copyEvidence(dynamodb, plan, onPage && { onPage });
  say(`${read} items read, ${copied} copied, ${there} already there.`);
  const unknown = [...left].filter(([name]) => !leave.includes(name));
  if (unknown.length === 0) return;
  const names = unknown.map(([name, count]) => `${name} (${count})`).join(", ");
  throw new Error(
    `Not copied, because no service has a function or queue named ${names}. The functions stay stopped. ` +
      "If it was removed for good, run this again with --leave NAME; otherwise add it to its stack first.",
  );
}
