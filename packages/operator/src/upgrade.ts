// `npm run upgrade`: what the app holds as copies, and what it imports, as the installed kit has it.
import { type ExitCode, exitCodes, runCommand } from "./terminal/exit-code.ts";
import { print, printJson, printText } from "./terminal/print.ts";
import { installedRelease } from "./upgrade/installed.ts";
import { type Upgrade, upgradeApp } from "./upgrade/upgrade-app.ts";
import { readUpgradeArguments, UPGRADE_HELP } from "./upgrade/upgrade-arguments.ts";

await runCommand(async () => {
  const { help, json, dryRun, keep } = readUpgradeArguments(process.argv.slice(2));
  if (help) {
    printText(UPGRADE_HELP);
    return exitCodes.done;
  }
  const upgrade = upgradeApp(process.cwd(), installedRelease(), { dryRun, keep });
  if (json) printJson({ dryRun, ...upgrade });
  else say(upgrade, { dryRun });
  return codeOf(upgrade, { dryRun });
});

function codeOf({ mended, renamed, left, places }: Upgrade, { dryRun }: { dryRun: boolean }): ExitCode {
  const open = left.length + places.length + (dryRun ? mended.length + renamed.length : 0);
  return open > 0 ? exitCodes.failed : exitCodes.done;
}

function say(upgrade: Upgrade, { dryRun }: { dryRun: boolean }): void {
  const { from, to, mended, renamed, left, places, installs } = upgrade;
  print(from === to ? `Release ${to}.` : `From release ${from} to ${to}.`);
  for (const key of mended) print(`mended   ${key}`);
  for (const { path, what } of renamed) print(`renamed  ${path}: ${what}`);
  for (const { key, why, changes } of left) {
    print(`by hand  ${key}: ${why}`, ...changes.map(({ sign, line }) => `         ${sign} ${line}`));
  }
  for (const { path, line, what } of places) print(`by hand  ${path}:${line}: ${what}`);
  if (dryRun && mended.length + renamed.length > 0) print("", "Nothing was written: leave out --dry-run.");
  else if (installs) print("", "package.json asks for other packages now: npm install");
  const count = left.length + places.length;
  if (count > 0) {
    const [first] = left;
    const kept = first === undefined ? "" : `, or keep yours: npm run upgrade -- --keep ${quoted(first.key)}`;
    print(
      "",
      `${count === 1 ? "One thing is" : `${count} things are`} left to you: change it as shown${kept}`,
    );
  } else if (mended.length + renamed.length === 0) print("Nothing is left to do.");
}

function quoted(key: string): string {
  return key.includes(" ") ? JSON.stringify(key) : key;
}
