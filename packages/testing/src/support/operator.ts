// An operator at a terminal: the commands as npm runs them, against a running cloud. A verb runs in a process of its own the
// first time; later in one that has the SDK loaded already, because loading it takes longer than the command.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { LocalCloud } from "@essentially-once/local-cloud/cloud";
import type { CommandGiven } from "./command-host.ts";

export interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** What it has said so far. */
  said(): string;
  readonly ended: Promise<Ran>;
}

type Tool = "consumers" | "dlq" | "outbox" | "journal" | "routes" | "schedules";

export interface Operator {
  /** Always a process of its own. */
  start(tool: Tool, ...args: string[]): Started;
  run(tool: Tool, ...args: string[]): Promise<Ran>;
  /** The one JSON document that it wrote. */
  json(tool: Tool, ...args: string[]): Promise<Record<string, unknown>>;
  stop(): void;
}

/** @param directory where the cloud's file is written */
export async function anOperator(cloud: LocalCloud, directory: string): Promise<Operator> {
  const cloudFile = join(directory, "cloud.json");
  const { endpoints, outputs } = cloud;
  await writeFile(cloudFile, JSON.stringify({ processId: process.pid, endpoints, outputs }));
  const ran = new Set<string>();
  let host: ReturnType<typeof aHost> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return {
    start,
    run,
    stop: () => void host?.child.kill(),
    async json(tool, ...args) {
      const { stdout, stderr } = await run(tool, ...args, "--json");
      try {
        return JSON.parse(stdout) as Record<string, unknown>;
      } catch (cause) {
        throw new Error(`no JSON document: ${stdout} ${stderr}`, { cause });
      }
    },
  };

  function run(tool: Tool, ...args: string[]): Promise<Ran> {
    const verb = `${tool} ${args[0]}`;
    if (ran.has(verb)) {
      const hosted = last.then(() => runHosted(tool, args)); // a process has one standard output
      last = hosted.catch(() => undefined);
      return hosted;
    }
    ran.add(verb);
    return start(tool, ...args).ended;
  }

  async function runHosted(tool: Tool, args: readonly string[]): Promise<Ran> {
    host ??= aHost();
    const url = pathToFileURL(resolve(sourceOf(tool))).href;
    const answered = once(host.child, "message");
    host.child.send({ url, args: [...args, "--cloud", cloudFile] } satisfies CommandGiven);
    const [ran] = await Promise.race([answered, host.ended]);
    return ran as Ran;
  }

  function start(tool: string, ...args: string[]): Started {
    const command = [sourceOf(tool), ...args, "--cloud", cloudFile];
    const child = spawn(process.execPath, command, { stdio: ["pipe", "pipe", "pipe"], env: bare() });
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.on("data", (chunk) => out.push(`${chunk}`));
    child.stderr.on("data", (chunk) => err.push(`${chunk}`));
    const ended = new Promise<Ran>((resolve) => {
      child.on("close", (exitCode) => resolve({ exitCode, stdout: out.join(""), stderr: err.join("") }));
    });
    return { child, said: () => out.join(""), ended };
  }
}

function aHost() {
  const program = fileURLToPath(new URL("./command-host.ts", import.meta.url));
  const child = fork(program, { env: bare(), execArgv: [] });
  const ended = once(child, "exit").then((): [Ran] => [{ exitCode: child.exitCode, stdout: "", stderr: "" }]);
  return { child, ended };
}

function sourceOf(tool: string): string {
  return `packages/operator/src/${tool}.ts`;
}

/** Without the endpoints and credentials of the test: a command must find its own. */
function bare(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")));
}
