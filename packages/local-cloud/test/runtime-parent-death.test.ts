// Functions never outlive the local cloud, however it ends and whatever they are doing.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { eventually } from "@essentially-once/testing/internal/support/local-function";
import { isAlive } from "@essentially-once/testing/internal/support/process";
import { expect, onTestFinished, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../testing/src/support/start-runtime.ts", import.meta.url));

test.each(["SIGKILL", "SIGTERM"] as const)(
  "a parent that ends by %s leaves no function process: idle, waiting, in an endless loop, in one while loading",
  async (signal) => {
    const parent = spawn(process.execPath, [SCRIPT], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void parent.kill("SIGKILL"));
    const [line] = await once(createInterface({ input: parent.stdout }), "line");
    const processIds: number[] = JSON.parse(line);
    expect(processIds).toHaveLength(4);
    expect(processIds.every(isAlive)).toBe(true);
    parent.kill(signal);
    await eventually(() => !processIds.some(isAlive));
  },
);
