// A gate of `npm run check`: the release before this one and this one at the same tables and queues.
import { enterOrExit } from "@essentially-once/operator/shell-environment";
import { release } from "./previous.ts";
import { proveVersions } from "./prove-versions.ts";

/** In each phase; `npm run prove -- --only versions --long` has more. */
const payments = 16;

await enterOrExit("local");
const found = await proveVersions({ payments, seed: 1 });
for (const violation of found.violations) console.log(`✗ ${violation}`);
console.log(
  `beside release ${release.version}: ${found.payments} payments, ${found.sentAgain} messages sent again, ` +
    `${found.killed} processes killed, ${found.redriven} dead letters redriven, ` +
    `${found.violations.length} violations; the twin breaks ${found.twinBreaks.length} (${Math.round(found.seconds)} s)`,
);
process.exitCode = found.violations.length === 0 ? 0 : 1;
