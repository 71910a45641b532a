import { explore } from "@essentially-once/testing/internal/explorer/explore";
import { schedulesScenario } from "./scenarios/schedules.ts";

const [race = "0", pairs = "0", singles = "all"] = process.argv.slice(2);
const t = Date.now();
const result = await explore(schedulesScenario({ race: race === "1" }), {
  depth: pairs === "0" ? 1 : 2,
  ...(singles !== "all" && { singlesMax: Number(singles) }),
  ...(pairs !== "0" && { pairsMax: Number(pairs) }),
} as never);
console.log(JSON.stringify(result.faults), result.schedules, (Date.now() - t) / 1000, "s");
for (const v of result.violations.slice(0, 5)) console.log(JSON.stringify(v, null, 1).slice(0, 1500));
console.log("violations", result.violations.length);
process.exit(0);
