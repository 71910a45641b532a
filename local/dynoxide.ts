// dynoxide, the DynamoDB engine: a native binary in a process of its own, on a lifeline of this one.
//
//   The lifeline is a pipe that only this process holds open. When it closes, because we stop or because
//   we were killed with -9, a waiting shell kills the engine.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { PortInUse } from "./port-in-use.ts";
import { indexStreams } from "./stream-index.ts";

export interface Dynoxide {
  readonly endpoint: string;
  readonly processId: number;
  stop(): Promise<void>;
}

export class EngineMissing extends Error {
  override readonly name = "EngineMissing";
}

/** A free port can be taken between finding it and using it; then the next one is tried. */
const FREE_PORT_ATTEMPTS_MAX = 10;
const START_MS_MAX = 15_000;
const STOP_MS_MAX = 3_000;
const SAID_CHARACTERS_MAX = 10_000;

/** `exec` makes the shell's process the engine's, so `$$` is the engine; the waiting half stays a shell. */
const ON_A_LIFELINE = '{ read -r _ <&3; kill -KILL $$; } 2>/dev/null & exec "$@" 3<&-';

export async function startDynoxide(options: { port?: number; dataDirectory?: string }): Promise<Dynoxide> {
  const binary = dynoxideBinary(process.platform, process.arch);
  const file = options.dataDirectory ? databaseFile(options.dataDirectory) : undefined;
  const storage = file ? ["--db-path", file] : [];
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const engine = await startOn({
      port,
      command: [binary, "serve", "--host", "127.0.0.1", "--port", `${port}`, ...storage],
    });
    if (engine) {
      if (file) indexStreams(file);
      return engine;
    }
    if (options.port || attempt === FREE_PORT_ATTEMPTS_MAX) {
      throw new PortInUse({ port, flag: "--dynamodb-port", listener: "the DynamoDB engine" });
    }
  }
}

/** Throws `EngineMissing` with the package to install and the way around it. */
export function dynoxideBinary(platform: string, architecture: string): string {
  const packageName = `@dynoxide/${platform}-${architecture}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
    return join(dirname(manifest), platform === "win32" ? "dynoxide.exe" : "dynoxide");
  } catch (cause) {
    throw new EngineMissing(
      `The DynamoDB engine for ${platform}-${architecture} is not installed: install ${packageName} ` +
        "(npm skips it on other platforms and with --omit=optional), or set AWS_ENDPOINT_URL_DYNAMODB to an engine that runs already.",
      { cause },
    );
  }
}

function databaseFile(dataDirectory: string): string {
  mkdirSync(dataDirectory, { recursive: true });
  return join(dataDirectory, "dynamodb.sqlite");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Undefined: the port was taken. */
async function startOn({
  port,
  command,
}: {
  port: number;
  command: string[];
}): Promise<Dynoxide | undefined> {
  const child = spawn("/bin/sh", ["-c", ON_A_LIFELINE, "dynoxide", ...command], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    detached: true, // Ctrl-C in a terminal must reach us alone: functions finish before their tables go
  });
  child.once("exit", () => child.stdio[3]?.destroy());
  const ended = once(child, "close");
  const said = await firstWords(child.stderr, ended);
  if (said.includes("listening on")) {
    return {
      endpoint: `http://127.0.0.1:${port}`,
      processId: child.pid ?? 0,
      stop: () => stop(child, ended),
    };
  }
  await stop(child, ended);
  if (/already in use|address in use/i.test(said)) return undefined;
  throw new Error(
    `The DynamoDB engine did not start (${command.join(" ")}): ${said.trim() || "it said nothing"}`,
  );
}

/** What the engine says until it listens (it says so after the bind), ends, or has been silent for too long. */
async function firstWords(stderr: Readable | null, ended: Promise<unknown>): Promise<string> {
  let said = "";
  const listening = new Promise<void>((resolve) => {
    stderr?.setEncoding("utf8").on("data", (text: string) => {
      if (said.length < SAID_CHARACTERS_MAX) said += text;
      if (said.includes("listening on")) resolve();
    });
  });
  await Promise.race([listening, ended, sleep(START_MS_MAX, undefined, { ref: false })]);
  return said;
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill("SIGTERM");
  const impatience = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
  await ended;
  clearTimeout(impatience);
}
