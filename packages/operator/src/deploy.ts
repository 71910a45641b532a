// `npm run deploy`: the stacks of a stage to AWS. `npm run deploy:local`: the same stacks, with the same CDK, to the
// endpoint that AWS_ENDPOINT_URL names (MiniStack, LocalStack).
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { requireAccess } from "./connect/aws-access.ts";
import { cdk } from "./connect/cdk.ts";
import type { Outputs } from "./connect/connection.ts";
import { enterEnvironment, requireEndpoints } from "./connect/shell-environment.ts";
import { stageOutputs } from "./connect/stage-outputs.ts";
import {
  DEPLOY_HELP,
  type Deploy,
  type Deployment,
  parseDeployArguments,
} from "./deploy/deploy-arguments.ts";
import { outputsAfter, outputsBefore } from "./deploy/deployed-outputs.ts";
import { keepPaused, pausedIn } from "./deploy/paused-consumers.ts";
import { refuseUnsent, scheduledIn } from "./deploy/unsent-schedules.ts";
import { leaveOut } from "./deploy/without-resources.ts";
import type { Copied } from "./evidence/copy.ts";
import { describeMove, type Move, moveEvidence, refuseUnmoved } from "./evidence/move.ts";
import { print, printError, printText } from "./terminal/print.ts";
import { progress } from "./terminal/progress.ts";
import { UsageError } from "./terminal/usage-error.ts";

try {
  process.exitCode = await deploy(parseDeployArguments(process.argv.slice(2), process.env));
} catch (error) {
  printError(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function deploy(command: Deploy): Promise<number> {
  if (command.action === "help") {
    printText(DEPLOY_HELP);
    return 0;
  }
  const isAws = command.endpoint === undefined;
  enterEnvironment(isAws ? "aws" : "emulator");
  if (isAws && command.profile !== undefined) process.env.AWS_PROFILE = command.profile; // also before keys of the shell
  await (isAws ? requireAccount(command) : requireEndpoints());
  const { stage, moveEvidence: move } = command;
  if (move && !move.yes) return describe(stage);
  const deployWith = (setting?: string) => (isAws ? deployToAws : deployToEmulator)(command, setting);
  const before = await outputsBefore(stage);
  if (!move) refuseUnmoved(before);
  await requireSent(command, before);
  const paused = await pausedIn(before);
  try {
    return await (move ? moveWith(deployWith, stage, move) : deployWith());
  } finally {
    await keepPaused(await outputsAfter(stage, before), paused); // one that failed may have enabled them, too
  }
}

/** A synthesis more, for who has scheduled messages: without them there is nothing to lose. */
async function requireSent(command: Deployment, outputs: Outputs): Promise<void> {
  const dynamodb = new DynamoDBClient();
  const scheduled = await scheduledIn(dynamodb, outputs).finally(() => dynamodb.destroy());
  if (scheduled === undefined) return;
  const failed = await synthesized(command, undefined, async (assembly) => refuseUnsent(assembly, scheduled));
  if (failed)
    throw new Error(`cdk synth ended with code ${failed}, and messages are scheduled: nothing was deployed.`);
}

/** Before the synthesis, after which the CDK would say that it cannot resolve an account. Of a profile it may ask for a code. */
async function requireAccount({ profile }: Deployment): Promise<void> {
  if (profile !== undefined) return;
  await requireAccess("npm run deploy", new CloudFormationClient().config, ["credentials"]);
}

function deployToAws({ context, cdkOptions }: Deployment, setting?: string): Promise<number> {
  return cdk(["deploy", "--all", ...context, ...contextOf(setting), ...cdkOptions]);
}

function contextOf(setting: string | undefined): readonly string[] {
  return setting === undefined ? [] : ["-c", setting];
}

async function describe(stage: string): Promise<number> {
  const dynamodb = new DynamoDBClient();
  const described = await describeMove({ dynamodb, outputs: () => stageOutputs(stage) });
  print(described ?? "There is no evidence to move: deploy without --move-evidence.");
  return 0;
}

async function moveWith(
  deployWith: Move["deploy"],
  stage: string,
  { leave }: NonNullable<Deployment["moveEvidence"]>,
): Promise<number> {
  const dynamodb = new DynamoDBClient({ maxAttempts: 10 }); // a new table takes its share only after some minutes
  const outputs = () => stageOutputs(stage);
  const bar = progress();
  const wait = (seconds: number) => sleep(seconds * 1_000);
  const onPage = ({ read }: Copied) => bar.show(`${read} items read`);
  const move = { dynamodb, outputs, deploy: deployWith, wait, leave, say: print, onPage };
  return moveEvidence(move).finally(bar.end);
}

/** Synthesized once for both, because the emulator gets what it can take of it. */
function deployToEmulator(command: Deployment, setting?: string): Promise<number> {
  const { cdkOptions, without } = command;
  return synthesized(command, setting, async (assembly) => {
    for (const id of leaveOut(assembly, without)) print(`left out: ${id}`);
    const unattended = ["--require-approval", "never"]; // an emulator needs no approval
    return (
      (await cdk(["bootstrap", "--app", assembly])) ||
      (await cdk(["deploy", "--all", "--app", assembly, ...unattended, ...cdkOptions]))
    );
  });
}

/** @returns what `use` makes of the assembly, or the exit code of a synthesis that failed */
async function synthesized<Result>(
  { context }: Deployment,
  setting: string | undefined,
  use: (assembly: string) => Promise<Result>,
): Promise<Result | number> {
  const assembly = await mkdtemp(join(tmpdir(), "essentially-once-deploy-"));
  try {
    const synth = ["synth", "--quiet", "--output", assembly, ...context, ...contextOf(setting)];
    return (await cdk(synth)) || (await use(assembly));
  } finally {
    await rm(assembly, { recursive: true, force: true });
  }
}
