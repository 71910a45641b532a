// Opens an address in the browser of this desktop, if there is one. The address is printed as well.

import { spawn } from "node:child_process";

const COMMANDS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
};

export function openInBrowser(address: string): void {
  const [command = "xdg-open", ...before] = COMMANDS[process.platform] ?? [];
  const opener = spawn(command, [...before, address], { stdio: "ignore", detached: true });
  opener.once("error", () => console.error("No browser could be opened: open the address yourself."));
  opener.unref();
}
