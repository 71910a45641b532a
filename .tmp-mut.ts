import { runCheck } from "./packages/proofs/mutants/check-tree.ts";
import { copyTree } from "./packages/proofs/mutants/tree-copy.ts";
import { versionMutants } from "./packages/proofs/mutants/versions.ts";
const copy = await copyTree();
console.log("unchanged:", await runCheck(copy.directory, versionMutants[0].checks[0]));
for (const m of versionMutants) console.log(m.name, "→", await copy.withMutant(m, () => runCheck(copy.directory, m.checks[0])));
await copy.remove();
