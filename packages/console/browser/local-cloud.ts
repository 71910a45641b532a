// `npm start` in a process of its own, for a test that looks at its console.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

export interface LocalCloud {
  readonly address: string;
  /** Its endpoints and outputs, as `.local-cloud` has them. */
  readonly file: CloudFile;
  stop(): Promise<void>;
}

interface CloudFile {
  readonly processId: number;
  readonly endpoints: { readonly dynamodb: string };
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const START_MS_MAX = 100_000;

export async function startLocalCloud(flags: readonly string[]): Promise<LocalCloud> {
  const child = spawn(process.execPath, ["demo/start.ts", "--open", ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    // `--open` keeps it up without a terminal. With this path it finds no program that opens a browser.
    env: { ...process.env, PATH: [resolve("node_modules/.bin"), dirname(process.execPath)].join(":") },
  });
  const address = await addressOf(child);
  return {
    address,
    file: cloudFileOf(child.pid ?? 0),
    async stop() {
      if (child.exitCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

function addressOf(child: ChildProcess): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    const bound = setTimeout(() => {
      child.kill("SIGTERM");
      reject(new Error(`npm start printed no address within ${START_MS_MAX / 1_000} seconds:\n${said}`));
    }, START_MS_MAX);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const [address] = /http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]+/.exec(said) ?? [];
        if (address === undefined) return;
        clearTimeout(bound);
        resolve(address);
      });
    }
    child.once("exit", (code) => {
      clearTimeout(bound);
      reject(new Error(`npm start ended with ${code}:\n${said}`));
    });
  });
}

/** Another local cloud may run beside it. */
function cloudFileOf(processId: number): CloudFile {
  const files = globSync(join(".local-cloud", "{,*/}cloud.json"));
  const clouds = files.map((file) => JSON.parse(readFileSync(file, "utf8")) as CloudFile);
  const ours = clouds.find((cloud) => cloud.processId === processId);
  if (ours === undefined) throw new Error(`No file in .local-cloud is of process ${processId}`);
  return ours;
}
