// An operator at a terminal: the commands as npm runs them, each in a process of its own, against a running cloud.
import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalCloud } from "@essentially-once/local-cloud/cloud";

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

type Tool = "consumers" | "dlq" | "outbox" | "journal" | "routes";

export interface Operator {
  start(tool: Tool, ...args: string[]): Started;
  run(tool: Tool, ...args: string[]): Promise<Ran>;
  /** The one JSON document that it wrote. */
  json(tool: Tool, ...args: string[]): Promise<Record<string, unknown>>;
}

/** @param directory where the cloud's file is written */
export async function anOperator(cloud: LocalCloud, directory: string): Promise<Operator> {
  const cloudFile = join(directory, "cloud.json");
  const { endpoints, outputs } = cloud;
  await writeFile(cloudFile, JSON.stringify({ processId: process.pid, endpoints, outputs }));
  const run = (tool: string, ...args: string[]) => start(tool, ...args).ended;
  return {
    start,
    run,
    async json(tool, ...args) {
      const { stdout, stderr } = await run(tool, ...args, "--json");
      try {
        return JSON.parse(stdout) as Record<string, unknown>;
      } catch (cause) {
        throw new Error(`no JSON document: ${stdout} ${stderr}`, { cause });
      }
    },
  };

  function start(tool: string, ...args: string[]): Started {
    const command = [`packages/operator/src/${tool}.ts`, ...args, "--cloud", cloudFile];
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

/** Without the endpoints and credentials of the test: a command must find its own. */
function bare(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")));
}
