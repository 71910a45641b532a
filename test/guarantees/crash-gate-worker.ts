// One unit of the deep search, in a process of its own: see crash-gate.ts.
import { runUnit, type Unit } from "./crash-gate.ts";

process.once("message", async (unit) => {
  const figures = await runUnit(unit as Unit);
  process.send?.(figures, () => process.exit(0));
});
