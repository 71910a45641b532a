// `npm run deploy`: the stacks of a stage to AWS. `npm run deploy:local`: the same stacks, with the same CDK, to the
// endpoint that AWS_ENDPOINT_URL names (MiniStack, LocalStack).
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { requireAccess } from "./aws-access.ts";
import { DEPLOY_HELP, type Deploy, type Deployment, parseDeployArguments } from "./deploy-arguments.ts";
import { print, printError, printText } from "./print.ts";
import { UsageError } from "./usage-error.ts";
import { leaveOut } from "./without-resources.ts";

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
  return command.endpoint === undefined ? deployToAws(command) : deployTo(command.endpoint, command);
}

async function deployToAws({ context, cdkOptions }: Deployment): Promise<number> {
  // Before the synthesis, after which the CDK would say that it cannot resolve an account. A profile it reads itself.
  if (!cdkOptions.includes("--profile")) {
    await requireAccess("npm run deploy", new CloudFormationClient().config, ["credentials"]);
  }
  return cdk(["deploy", "--all", ...context, ...cdkOptions], process.env);
}

/** Synthesized once for both, because the emulator gets what it can take of it. */
async function deployTo(endpoint: string, { context, cdkOptions, without }: Deployment): Promise<number> {
  await requireAnswer(endpoint);
  const environment = emulatorEnvironment();
  const assembly = await mkdtemp(join(tmpdir(), "essentially-once-deploy-"));
  try {
    const synthesized = await cdk(["synth", "--quiet", "--output", assembly, ...context], environment);
    if (synthesized !== 0) return synthesized;
    for (const id of leaveOut(assembly, without)) print(`left out: ${id}`);
    const unattended = ["--require-approval", "never"]; // nobody is there to approve, and nothing is at stake
    return (
      (await cdk(["bootstrap", "--app", assembly], environment)) ||
      (await cdk(["deploy", "--all", "--app", assembly, ...unattended, ...cdkOptions], environment))
    );
  } finally {
    await rm(assembly, { recursive: true, force: true });
  }
}

/** Emulators take any pair; the region and the credentials of a real account must not be asked for. */
function emulatorEnvironment(): NodeJS.ProcessEnv {
  const identity = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "us-east-1" };
  return { ...identity, ...process.env };
}

async function requireAnswer(endpoint: string): Promise<void> {
  try {
    await fetch(endpoint, { signal: AbortSignal.timeout(5_000) });
  } catch (cause) {
    throw new Error(`Nothing answers at AWS_ENDPOINT_URL (${endpoint}): start the emulator first.`, {
      cause,
    });
  }
}

function cdk(options: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn("cdk", options, { stdio: "inherit", env: environment });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
