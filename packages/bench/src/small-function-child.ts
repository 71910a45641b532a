// The client of small-function.ts: one consumer, measured whenever the parent asks. The engine is the parent's, which
// replaces it before it asks.
import { kit } from "./kit.ts";
import { measure } from "./measure.ts";
import { powertools } from "./powertools.ts";
import { type Workload, workloads } from "./workloads.ts";

const [, , name, messages] = process.argv;
const contender = [...powertools, ...kit].find((one) => one.name === name);
if (contender === undefined) throw new Error(`no consumer is called ${name}`);
const [fresh] = workloads as [Workload];

process.on("message", async () => {
  const engines = { fresh: async () => undefined };
  process.send?.(await measure(engines, { contender, workload: fresh, messages: Number(messages) }));
});
process.on("disconnect", () => process.exit());
