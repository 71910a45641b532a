// Inside an execution environment: loads the handler, then runs one event after the other.
//
//   Plain JavaScript, for a cold start without a compiler. It talks to `execution-environment.ts` over file
//   descriptor 3, a JSON object a line, and leaves when that closes. The handler sees what Lambda shows it:
//   an event, a context, its environment.

import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import * as modules from "node:module";
import { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

for (const leftByTheShell of ["PWD", "OLDPWD", "SHLVL", "_"]) delete process.env[leftByTheShell];

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB and a little for the frame */
const RESPONSE_BYTES_MAX = 6_291_556;
const channel = new Socket({ fd: 3 });
for (const parentIsGone of ["end", "close", "error"]) channel.once(parentIsGone, () => process.exit());
let isKept = false;
const requests = createInterface({ input: channel })[Symbol.asyncIterator]();

const [, , handlerName, compiledCode] = process.argv;
await main(handlerName);

async function main(name) {
  modules.enableCompileCache?.(compiledCode); // what the first process of a function compiled; from Node 22.8 on
  const handler = await loadHandler(name).catch((error) => say({ initError: described(error) }));
  if (!handler) return;
  say({ ready: true });
  for await (const line of requests) {
    const { event, ...request } = JSON.parse(line);
    try {
      process.env._X_AMZN_TRACE_ID = traceHeader();
      sayResponse(await handler(event, contextOf(request)));
      keepCompiled();
    } catch (error) {
      console.error(
        JSON.stringify({
          level: "ERROR",
          message: "Invoke Error",
          requestId: request.requestId,
          ...described(error),
        }),
      );
      say({ error: described(error) });
    }
  }
}

async function loadHandler(name) {
  const [, file, exported] = /^(.+)\.([^.]+)$/.exec(name) ?? [];
  if (!exported) throw named("Runtime.MalformedHandlerName", `the handler must be file.export, got ${name}`);
  const path = [".js", ".mjs", ".cjs"]
    .map((extension) => join(process.cwd(), file + extension))
    .find(existsSync);
  if (!path) throw named("Runtime.ImportModuleError", `there is no ${file}.js, .mjs or .cjs`);
  const module = await import(pathToFileURL(path).href);
  const handler = module[exported] ?? module.default?.[exported];
  if (typeof handler !== "function") {
    throw named(
      "Runtime.HandlerNotFound",
      `${file} exports no function ${exported}; it exports: ${Object.keys(module).join(", ") || "nothing"}`,
    );
  }
  return handler;
}

/** Now, because the process will be killed; once, when the first event has had everything loaded. */
function keepCompiled() {
  if (isKept) return;
  isKept = true;
  modules.flushCompileCache?.();
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function contextOf({ requestId, deadlineMs, invokedFunctionArn }) {
  return {
    awsRequestId: requestId,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

function sayResponse(response) {
  const json = stringified(response);
  const bytes = Buffer.byteLength(json);
  if (bytes > RESPONSE_BYTES_MAX) {
    throw named(
      "Function.ResponseSizeTooLarge",
      `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`,
    );
  }
  channel.write(`{"response":${json}}\n`);
}

function stringified(response) {
  try {
    return JSON.stringify(response) ?? "null";
  } catch (cause) {
    throw new Error("Unable to stringify response body", { cause });
  }
}

function say(message) {
  channel.write(`${JSON.stringify(message)}\n`);
}

function described(error) {
  return error instanceof Error
    ? { type: error.name, message: error.message, stack: error.stack }
    : { type: typeof error, message: String(error) };
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader */
function traceHeader() {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString("hex")};Parent=${randomBytes(8).toString("hex")};Sampled=0`;
}
