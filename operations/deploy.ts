// `npm run deploy`: the stacks of a stage to AWS. `npm run deploy:local`: the same stacks, with the same CDK, to the
// endpoint that AWS_ENDPOINT_URL names (MiniStack, LocalStack).
import { spawn } from "node:child_process";
import { DEPLOY_HELP, type Deploy, parseDeployArguments } from "./deploy-arguments.ts";
import { UsageError } from "./usage-error.ts";

try {
  process.exitCode = await deploy(parseDeployArguments(process.argv.slice(2), process.env));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function deploy(command: Deploy): Promise<number> {
  if (command.action === "help") {
    console.log(DEPLOY_HELP);
    return 0;
  }
  const { context, cdkOptions, endpoint } = command;
  if (endpoint === undefined) return cdk(["deploy", "--all", ...context, ...cdkOptions], process.env);
  await requireAnswer(endpoint);
  const environment = emulatorEnvironment();
  const unattended = ["--require-approval", "never"]; // nobody is there to approve, and nothing is at stake
  return (
    (await cdk(["bootstrap", ...context], environment)) ||
    (await cdk(["deploy", "--all", ...unattended, ...context, ...cdkOptions], environment))
  );
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
