import { describe } from "@essentially-once/testing/internal/explorer/account";
import { explore } from "@essentially-once/testing/internal/explorer/explore";
import { limitedScenario } from "/tmp/h/flow/packages/proofs/scenarios/limited.ts";

const [depth = "1", max = "2000"] = process.argv.slice(2);
const t = performance.now();
const r = await explore(
  limitedScenario(),
  depth === "1" ? { depth: 1, singlesMax: Number(max) } : { depth: 2, pairsMax: Number(max) },
);
console.log(r.schedules, r.faults, r.violations.length, Math.round(performance.now() - t));
for (const v of r.violations.slice(0, 3)) console.log(describe(v));
process.exit(0);
