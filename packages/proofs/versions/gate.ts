// A gate of `npm run check`: the release before this one and this one at the same tables and queues.
import { enterOrExit } from "@essentially-once/operator/shell-environment";
import { proveVersions, versionsText } from "./prove-versions.ts";

/** In each phase; `npm run prove -- --only versions --long` has more. */
const payments = 16;

await enterOrExit("local");
const found = await proveVersions({ payments, seed: 1 });
for (const violation of found.violations) console.log(`✗ ${violation}`);
console.log(`${versionsText(found)} (${Math.round(found.seconds)} s)`);
process.exitCode = found.violations.length === 0 ? 0 : 1;
