// The console of the deployed stage, as an operator starts it.
import { spawn } from "node:child_process";
import { eventually, stage } from "./deployed.ts";

export interface StartedConsole {
  /** With the token. */
  readonly address: string;
  ask<Answered>(path: string, body?: unknown): Promise<Answered>;
  stop(): void;
}

export async function aConsole(...flags: readonly string[]): Promise<StartedConsole> {
  const command = ["packages/console/src/console.ts", "--stage", stage, ...flags];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [, address = "", origin, token] = await eventually("it says where it is", async () =>
    /((http:\S+)\/#token=(\S+))\n/.exec(said),
  );
  return {
    address,
    async ask<Answered>(path: string, body?: unknown): Promise<Answered> {
      const response = await fetch(`${origin}/api/${path}`, {
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
      });
      return response.json() as Promise<Answered>;
    },
    stop: () => void child.kill(),
  };
}
