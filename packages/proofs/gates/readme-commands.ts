// Runs every command of the README's `sh` blocks, as written, in order; a command that fails fails the check.
//
//   Not run here: the install (it has just run), the tests (a gate of their own), `npm create` (the gate `packed` does
//   it with tarballs), and lines that say `# needs AWS` or `# in a terminal`.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const commands = commandsOf(readFileSync("README.md", "utf8"));
if (commands.length === 0) throw new Error("README.md has no command to run");
for (const command of commands) {
  const start = Date.now();
  const { status } = spawnSync("bash", ["-euo", "pipefail", "-c", command], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  console.log(`${status === 0 ? "✓" : "✗"} ${command} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
  if (status !== 0) process.exitCode = 1;
}

function commandsOf(readme: string): string[] {
  const blocks = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = ""]) => block);
  return blocks
    .flatMap((block) => block.split("\n"))
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .filter((line) => !/# (needs AWS|in a terminal)/.test(line))
    .map((line) => line.replace(/^npm ci && /, ""))
    .filter((line) => !/^(git clone|cd |npm ci|npm cit|npm test|npm run check)/.test(line));
}
