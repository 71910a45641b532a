// `npm start` in a process of its own, for a test that looks at its console.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, resolve as resolvePath } from "node:path";

export interface LocalCloud {
  readonly address: string;
  /** Its endpoints and outputs, as `.local-cloud` has them. */
  readonly file: CloudFile;
  /** Waits until it has printed the text. */
  hasSaid(text: string): Promise<void>;
  stop(): Promise<void>;
}

interface CloudFile {
  readonly processId: number;
  readonly endpoints: { readonly dynamodb: string };
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const SAY_MS_MAX = 180_000;

export async function startLocalCloud(flags: readonly string[]): Promise<LocalCloud> {
  const child = spawn(process.execPath, ["demo/start.ts", "--open", ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    // `--open` keeps it up without a terminal. With this path it finds no program that opens a browser.
    env: { ...process.env, PATH: [resolvePath("node_modules/.bin"), dirname(process.execPath)].join(":") },
  });
  const output = listen(child);
  const [address] = await output.has(/http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]+/);
  return {
    address,
    file: cloudFileOf(child.pid ?? 0),
    async hasSaid(text) {
      await output.has(text);
    },
    async stop() {
      if (child.exitCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

function listen(child: ChildProcess) {
  let said = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      for (const look of waiting) look();
    });
  }
  return {
    /** Waits for a text in its output. */
    has(wanted: string | RegExp): Promise<RegExpMatchArray> {
      return new Promise((resolve, reject) => {
        const end = (why: string) => () => {
          clearTimeout(bound);
          waiting.delete(look);
          reject(new Error(`npm start ${why} before it printed ${wanted}:\n${said}`));
        };
        const bound = setTimeout(end(`ran for ${SAY_MS_MAX / 1_000} seconds`), SAY_MS_MAX);
        const look = () => {
          const found = said.match(wanted);
          if (!found) return;
          clearTimeout(bound);
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        child.once("exit", end("ended"));
        look();
      });
    },
  };
}

/** Another local cloud may run beside it. */
function cloudFileOf(processId: number): CloudFile {
  const files = globSync(join(".local-cloud", "{,*/}cloud.json"));
  const clouds = files.map((file) => JSON.parse(readFileSync(file, "utf8")) as CloudFile);
  const ours = clouds.find((cloud) => cloud.processId === processId);
  if (ours === undefined) throw new Error(`No file in .local-cloud is of process ${processId}`);
  return ours;
}
