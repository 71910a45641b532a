// Every single change that StrykerJS can make to a file, asked of its server by the Mutation Server Protocol.
//
//   https://github.com/stryker-mutator/editor-plugins/tree/main/packages/mutation-server-protocol
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A change: replaces the text from `start` to `end`. Lines and columns count from 1. */
export interface Change {
  readonly file: string;
  readonly mutatorName: string;
  readonly replacement: string;
  readonly start: Place;
  readonly end: Place;
  /** The text that it replaces. */
  readonly original: string;
}

interface Discovered {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly mutants: readonly {
          readonly mutatorName: string;
          readonly replacement?: string;
          readonly location: { readonly start: Place; readonly end: Place };
        }[];
      }
    >
  >;
}

export const strykerProgram = join(
  dirname(createRequire(import.meta.url).resolve("@stryker-mutator/core/package.json")),
  "bin/stryker.js",
);

/** @param configuration path of a Stryker configuration */
export async function discover(files: readonly string[], configuration: string): Promise<Change[]> {
  const server = spawn(process.execPath, [strykerProgram, "serve", "stdio"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const ask = conversation(server.stdin, server.stdout);
    await ask("configure", { configFilePath: configuration });
    const found = (await ask("discover", { files: files.map((path) => ({ path })) })) as Discovered;
    return (await Promise.all(Object.entries(found.files).map(changesOf))).flat();
  } finally {
    server.kill();
  }
}

async function changesOf([file, { mutants }]: [string, Discovered["files"][string]]): Promise<Change[]> {
  const lines = (await readFile(file, "utf8")).split("\n");
  return mutants.map(({ mutatorName, replacement = "", location: { start, end } }) => ({
    file,
    mutatorName,
    replacement,
    start,
    end,
    original: textBetween(lines, start, end),
  }));
}

function textBetween(lines: readonly string[], start: Place, end: Place): string {
  const chosen = lines.slice(start.line - 1, end.line);
  const last = chosen.length - 1;
  return chosen
    .map((line, index) =>
      line.slice(index === 0 ? start.column - 1 : 0, index === last ? end.column - 1 : undefined),
    )
    .join("\n");
}

/** JSON-RPC 2.0, each message behind its length. */
function conversation(input: NodeJS.WritableStream, output: NodeJS.ReadableStream) {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let received = Buffer.alloc(0);
  let last = 0;
  output.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    for (let text = message(); text !== undefined; text = message()) {
      const { id, result, error } = JSON.parse(text);
      if (error) waiting.get(id)?.reject(new Error(`StrykerJS: ${error.message}`));
      else waiting.get(id)?.resolve(result);
    }
  });
  output.on("close", () => {
    for (const { reject } of waiting.values()) reject(new Error("StrykerJS ended without an answer"));
  });
  return function ask(method: string, params: unknown): Promise<unknown> {
    const id = ++last;
    const asked = Promise.withResolvers<unknown>();
    waiting.set(id, asked);
    const text = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    input.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    return asked.promise;
  };

  /** The next whole message, taken from what was received. */
  function message(): string | undefined {
    const head = received.indexOf("\r\n\r\n");
    const [, length] = /content-length: (\d+)/i.exec(received.toString("latin1", 0, head)) ?? [];
    const end = head + 4 + Number(length);
    if (head < 0 || length === undefined || received.length < end) return undefined;
    const text = received.toString("utf8", head + 4, end);
    received = received.subarray(end);
    return text;
  }
}
