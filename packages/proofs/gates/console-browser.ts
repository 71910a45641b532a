// `npm run test:browser`: the console's page in a real browser.
//
//   It looks for Chromium. With `--install`, as in `.ci/run`, a container that has none gets Debian's. Without one, the suite is
//   skipped, and says so.
import { spawnSync } from "node:child_process";
import { chromiumPath } from "../../console/browser/chromium.ts";
import { skipped } from "./skipped.ts";

const CONFIG = "packages/console/browser/vitest.config.ts";
const INSTALL = "--install";
/** Each of two steps: where no package can be had, the other gates must not wait for it. */
const INSTALL_MS_MAX = 120_000;

process.exitCode = main();

function main(): number {
  if (chromiumPath() === undefined && !installed())
    return skipped(
      "the console in a browser",
      "no Chromium here: apt-get install chromium, or set CHROMIUM to the path of one",
    );
  const flags = process.argv.slice(2).filter((flag) => flag !== INSTALL);
  return spawnSync("vitest", ["run", "--config", CONFIG, ...flags], { stdio: "inherit" }).status ?? 1;
}

/** Only where it was asked for, and where no password is. */
function installed(): boolean {
  if (process.getuid?.() !== 0 || !process.argv.includes(INSTALL)) return false;
  const options = { stdio: "ignore", timeout: INSTALL_MS_MAX } as const;
  const install = ["install", "-y", "--no-install-recommends", "chromium"];
  if (spawnSync("apt-get", ["update"], options).status !== 0) return false;
  return spawnSync("apt-get", install, options).status === 0 && chromiumPath() !== undefined;
}
