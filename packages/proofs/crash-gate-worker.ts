// Units of the deep search, one after the other, in a process of their own: see crash-gate.ts.
import { runUnit, type Unit } from "./crash-gate.ts";

process.on("message", async (unit) => {
  process.send?.(await runUnit(unit as Unit));
});
process.once("disconnect", () => process.exit(0));
