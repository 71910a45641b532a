// Chooses the variables of the shell that reach a program and its child processes.
//
//   Variables that tools read by themselves (the AWS SDK, the CDK, the engines, Node, proxies) pass only if they are on a list.
//   All other variables belong to the shell or the app, and pass.
//   An endpoint in a variable is tried before the program begins: a shell may still have one that was exported long ago.
import { accessSync, constants } from "node:fs";
import { Agent as HttpAgent, request as httpRequest, setGlobalProxyFromEnv } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { devNull } from "node:os";
import { getHeapStatistics } from "node:v8";
import { printError } from "../terminal/print.ts";
import { UsageError } from "../terminal/usage-error.ts";

/**
 * - `local`: on this machine alone, on engines of ours or at the endpoints that variables name.
 * - `emulator`: a deployment to the endpoint that AWS_ENDPOINT_URL names.
 * - `aws`: wherever the AWS SDK leads.
 */
export type Purpose = "local" | "emulator" | "aws";

export type Environment = Readonly<Record<string, string | undefined>>;

const readByTools =
  /^(AMAZON|AWS|CDK|DYNOXIDE|ESBUILD|FAUXQS|JSII|LAMBDA|NODE|OPENSSL|POWERTOOLS|SSL)_|^_(HANDLER$|X_AMZN_)|^(HTTPS?|ALL|FTP|NO)_PROXY$/i;

/** The services that the local cloud takes from elsewhere when a variable says so. */
const services = ["SQS", "S3", "DYNAMODB", "SECRETS_MANAGER", "SNS", "SSM"];
const general = "AWS_ENDPOINT_URL";

const harmless = [
  ...["CDK_DOCKER", "CDK_HOME", "CDK_VALIDATION"],
  ...["NODE_COMPILE_CACHE", "NODE_DISABLE_COLORS", "NODE_ENV", "NODE_NO_WARNINGS", "NODE_V8_COVERAGE"],
];
const identity = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"];
const listed: Readonly<Record<Exclude<Purpose, "aws">, readonly string[]>> = {
  local: [general, ...services.map((service) => `${general}_${service}`), ...harmless],
  emulator: [general, ...identity, ...harmless],
};

/** Ignores ~/.aws and does not ask the instance metadata for credentials. */
const nothingElse = {
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: "true",
};

/** Emulators take any pair. */
const anybody = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "us-east-1" };

/** They put another app in the place of that of `cdk.json`. */
const otherApps = ["CDK_APP", "CDK_BUILD"];

/** @throws UsageError for a variable that cannot be left out without doing something else than was meant */
export function environmentFor(purpose: Purpose, given: Environment): Environment {
  const environment = withTemporaryDirectory(given);
  if (purpose === "aws") {
    const [other] = otherApps.filter((name) => given[name]);
    if (other) throw refusal(other, given, "but the app is set in cdk.json. Unset it");
    return environment;
  }
  const kept = Object.entries(environment).filter(
    ([name]) => !readByTools.test(name) || listed[purpose].includes(name),
  );
  return {
    ...(purpose === "emulator" && anybody),
    ...Object.fromEntries(kept),
    ...nothingElse,
    ...(hasLargeHeap(given) && { NODE_OPTIONS: given.NODE_OPTIONS?.match(heapOption)?.[0] }),
  };
}

const heapOption = /--max[-_]old[-_]space[-_]size=(\d+)/;
const largeHeapMegabytes = 1_024;

/** A large app may need one; a small one is an accident. */
function hasLargeHeap({ NODE_OPTIONS = "" }: Environment): boolean {
  return Number(heapOption.exec(NODE_OPTIONS)?.[1] ?? 0) >= largeHeapMegabytes;
}

/** Without one that cannot be written to the system's own is used. */
function withTemporaryDirectory(given: Environment): Environment {
  const names = ["TMPDIR", "TMP", "TEMP"].filter((name) => given[name] && !isWritable(given[name]));
  return Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name)));
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** With the young generation, for which Node adds up to 192 MB. */
const heapMegabytesMin = 384;
const ownerBits = 0o700;

/** Makes the environment of this process that of its purpose, at its beginning. @throws UsageError */
export function enterEnvironment(purpose: Purpose): void {
  const given = { ...process.env };
  const heapMegabytes = getHeapStatistics().heap_size_limit / 2 ** 20;
  if (heapMegabytes < heapMegabytesMin && given.NODE_OPTIONS) {
    const has = `and limits Node's heap to ${Math.round(heapMegabytes)} MB`;
    throw refusal("NODE_OPTIONS", given, `${has}; it needs ${heapMegabytesMin} MB. Unset it`);
  }
  const environment = environmentFor(purpose, given);
  for (const name of Object.keys(given)) if (environment[name] === undefined) delete process.env[name];
  for (const [name, value] of Object.entries(environment))
    if (value !== given[name]) process.env[name] = value;
  process.umask(process.umask() & ~ownerBits); // what is written is read again
  const { HTTP_PROXY, HTTPS_PROXY, http_proxy = HTTP_PROXY, https_proxy = HTTPS_PROXY } = given;
  // Node reads them at its start, and only then. Nothing of ours is behind a proxy.
  const isProxied = http_proxy !== undefined || https_proxy !== undefined;
  if (purpose !== "aws" && isProxied) setGlobalProxyFromEnv({ http_proxy, https_proxy, no_proxy: "*" });
}

/** For a program that is not ours: says in a line what is wrong, and ends the process with exit code 2. */
export async function enterOrExit(purpose: Purpose): Promise<void> {
  try {
    enterEnvironment(purpose);
    await requireEndpoints();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    printError(error.message);
    process.exit(2);
  }
}

const answerMsMax = 1_500;

/**
 * Tries the endpoints that variables name.
 * @throws UsageError naming one at which nothing answers, or that is no URL
 */
export async function requireEndpoints(given: Environment = process.env): Promise<void> {
  if (given.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === "true") return;
  const names = Object.keys(given).filter((name) => name === general || name.startsWith(`${general}_`));
  await Promise.all(names.filter((name) => given[name]).map((name) => requireEndpoint(name, given)));
}

async function requireEndpoint(name: string, given: Environment): Promise<void> {
  const url = urlOf(name, given);
  try {
    await anyAnswer(url);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const silence = `but there is no answer (${code ?? message})`;
    throw refusal(name, given, `${silence}. Start the service, or unset the variable`, { cause });
  }
}

/** By a way of its own: `fetch` refuses ports that engines use, and goes by a proxy, which no SDK client does. */
function anyAnswer(url: URL): Promise<void> {
  const isSecure = url.protocol === "https:";
  const agent = isSecure ? new HttpsAgent() : new HttpAgent();
  return new Promise<void>((resolve, reject) => {
    const request = (isSecure ? httpsRequest : httpRequest)(url, { agent }, () => resolve());
    const silent = setTimeout(() => reject(new Error(`within ${answerMsMax / 1_000} s`)), answerMsMax);
    request
      .once("error", reject)
      .once("close", () => clearTimeout(silent))
      .end();
  }).finally(() => agent.destroy());
}

function urlOf(name: string, given: Environment): URL {
  const url = URL.canParse(given[name] ?? "") ? new URL(given[name] ?? "") : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new UsageError(
    `The environment variable ${name} must be a URL such as http://127.0.0.1:4566, got ${JSON.stringify(given[name])}.`,
  );
}

function refusal(name: string, given: Environment, why: string, options?: ErrorOptions): UsageError {
  return new UsageError(`The environment variable ${name} is ${given[name]}, ${why}: unset ${name}`, options);
}
