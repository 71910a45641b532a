// `npm run prove`: every promise under every fault that we know how to make, what must break broken, and the figures.
// Exit code 1 when anything breaks a promise, or when anything wrong survives.
import { resolve } from "node:path";
import { enterOrExit } from "@essentially-once/operator/shell-environment";
import { UsageError } from "@essentially-once/operator/usage-error";
import { parseProveArguments, proveHelp } from "./prove/arguments.ts";
import { writeFigures } from "./prove/figures-table.ts";
import { proofFigures, proofText } from "./prove/report.ts";
import { runSections } from "./prove/sections.ts";

await enterOrExit("local"); // its processes inherit it

// A hundred processes load the SDK, vitest and the CDK, here and in the copies of the tree for mutants. The cache is in the
// project: write access to a cache of code decides which code runs.
process.env.NODE_COMPILE_CACHE ??= resolve("node_modules/.cache/essentially-once/compiled");
process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = parseProveArguments(argv);
    if (options.help) {
      process.stdout.write(proveHelp);
      return 0;
    }
    const say = options.json ? console.error : console.log;
    const sections = await runSections(options.sections, options, (text) => say(`${elapsed()} ${text}`));
    const figures = proofFigures(sections, { seconds: performance.now() / 1_000 });
    say(proofText(figures, sections));
    if (options.write) await writeFigures(figures, sections);
    if (options.json) console.log(JSON.stringify(figures));
    return figures.violations === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

function elapsed(): string {
  return `${Math.round(performance.now() / 1_000)} s`.padStart(6);
}
