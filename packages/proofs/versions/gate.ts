// A gate of `npm run check`: the release before this one and this one at the same tables and queues.
//
//   A clone without its history has no release before: that is said, and the gate is skipped; on GitHub that is a failure.
import { enterOrExit } from "@essentially-once/operator/shell-environment";
import { skipped } from "../gates/skipped.ts";
import { hasPrevious, release } from "./previous.ts";
import { proveVersions, versionsText } from "./prove-versions.ts";

/** In each phase; `npm run prove -- --only versions --long` has more. */
const payments = 16;

await enterOrExit("local");
process.exitCode = (await hasPrevious())
  ? await prove()
  : skipped("versions", `this clone has no commit ${release.commit}: git fetch --unshallow`);

async function prove(): Promise<number> {
  const found = await proveVersions({ payments, seed: 1 });
  for (const violation of found.violations) console.log(`✗ ${violation}`);
  console.log(`${versionsText(found)} (${Math.round(found.seconds)} s)`);
  return found.violations.length === 0 ? 0 : 1;
}
