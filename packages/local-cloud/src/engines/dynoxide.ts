// dynoxide, the DynamoDB engine: a native binary in a process of its own, on a lifeline of this one.
//
//   It grants CORS to any web page and takes any Host, and no flag changes that. So it listens on a port that no
//   browser connects to, whatever a page asks for (the blocked ports of the Fetch standard), at an address of the
//   loopback network of its own; programs that are not ours are led to it by a proxy that refuses pages (ADR 28).
//
//   The lifeline is a pipe that only this process holds open. When it closes, because we stop or because
//   we were killed with -9, a waiting shell kills the engine.

import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { LOOPBACK } from "./local-server.ts";
import { indexStreams } from "./stream-index.ts";

export interface Dynoxide {
  readonly endpoint: string;
  readonly processId: number;
  stop(): Promise<void>;
}

export class EngineMissing extends Error {
  override readonly name = "EngineMissing";
}

/** https://fetch.spec.whatwg.org/#port-blocking: of those, ports that need no privilege and that few programs use. */
export const PORTS_CLOSED_TO_BROWSERS = [3659, 4045, 6665, 6666, 6667, 6668, 6669];

/** Another local cloud may be at the same address. */
const ADDRESS_ATTEMPTS_MAX = 20;
const START_MS_MAX = 15_000;
const STOP_MS_MAX = 3_000;
const SAID_CHARACTERS_MAX = 10_000;

/** `exec` makes the shell's process the engine's, so `$$` is the engine; the waiting half stays a shell. */
const ON_A_LIFELINE = '{ read -r _ <&3; kill -KILL $$; } 2>/dev/null & exec "$@" 3<&-';

/** Starts where an engine was before (`endpoint`), or anywhere. */
export async function startDynoxide(
  options: { dataDirectory?: string; endpoint?: string } = {},
): Promise<Dynoxide> {
  const binary = dynoxideBinary(process.platform, process.arch);
  const file = options.dataDirectory ? databaseFile(options.dataDirectory) : undefined;
  const storage = file ? ["--db-path", file] : [];
  for (let attempt = 1; ; attempt++) {
    const endpoint = options.endpoint ?? anEndpoint();
    const { hostname, port } = new URL(endpoint);
    const engine = await startOn({
      endpoint,
      command: [binary, "serve", "--host", hostname, "--port", port, ...storage],
    });
    if (engine) {
      if (file) indexStreams(file);
      return engine;
    }
    if (attempt === ADDRESS_ATTEMPTS_MAX) {
      const ports = PORTS_CLOSED_TO_BROWSERS.join(", ");
      throw new Error(`The DynamoDB engine needs a free port of ${ports}: stop other local clouds.`);
    }
  }
}

/**
 * Whether there will be tables: asked before a synthesis, which takes seconds.
 *
 * @throws EngineMissing that says what to do
 */
export function requireTablesEngine({ platform, arch, env } = process): void {
  if (!(env.AWS_ENDPOINT_URL_DYNAMODB || env.AWS_ENDPOINT_URL)) dynoxideBinary(platform, arch);
}

/** The package exists for these. https://www.npmjs.com/org/dynoxide */
const platforms = ["linux-x64"];

/** Throws `EngineMissing` with the way around it. */
export function dynoxideBinary(platform: string, architecture: string): string {
  const name = `${platform}-${architecture}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`@dynoxide/${name}/package.json`);
    return join(dirname(manifest), platform === "win32" ? "dynoxide.exe" : "dynoxide");
  } catch (cause) {
    const why = platforms.includes(name)
      ? `@dynoxide/${name} is not installed: npm skips it with --omit=optional, so install without that option`
      : `the built-in engine runs on ${platforms.join(", ")}, not on ${name}: use such a machine or container`;
    throw new EngineMissing(
      `The tables need a DynamoDB engine, but ${why}. Or run your own, such as DynamoDB Local or LocalStack, and ` +
        "set AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000",
      { cause },
    );
  }
}

function databaseFile(dataDirectory: string): string {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 }); // others on this machine need not read the tables
  return join(dataDirectory, "dynamodb.sqlite");
}

/** Linux has all of 127.0.0.0/8 on its loopback interface, other systems one address of it. */
function anEndpoint(): string {
  const part = () => randomInt(1, 255);
  const host = process.platform === "linux" ? `127.${part()}.${part()}.${part()}` : LOOPBACK;
  return `http://${host}:${PORTS_CLOSED_TO_BROWSERS[randomInt(PORTS_CLOSED_TO_BROWSERS.length)]}`;
}

/** Undefined: the port was taken. */
async function startOn({
  endpoint,
  command,
}: {
  endpoint: string;
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
      endpoint,
      processId: child.pid ?? 0,
      stop: () => stop(child, ended),
    };
  }
  await stop(child, ended);
  if (/already in use|address in use/i.test(said)) return undefined;
  throw new Error(
    `The DynamoDB engine did not start (${command.join(" ")}): ${said.trim() || "it printed nothing"}`,
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
