// The soak in small, and that it finds, makes smaller and brings back what is broken.
import { expect, it } from "vitest";
import { soak, soakModeOf } from "./soak.ts";
import { soakModes } from "./soak-modes.ts";

it.each(soakModes)("G2: random worlds keep the promises: $name", async (mode) => {
  const { violation, worlds } = await soak({ mode, worlds: 8, seed: 1 });
  expect(violation).toBeUndefined();
  expect(worlds).toBeGreaterThanOrEqual(8);
});

it("G2: finds what an effect beside the unit of work doubles, and makes it small", async () => {
  const mode = {
    ...soakModeOf("rows, group commit"),
    handler: "effect-beside",
    workers: 1,
    violations: soakModeOf("inline, by ids").violations,
  };
  const { violation = "" } = await soak({ mode, worlds: 60, seed: 2 });
  expect(violation).toMatch(/✗ G2: [\s\S]*seed 2, path /);
  expect(JSON.parse(/world: (.*)/.exec(violation)?.[1] ?? "{}").deposits).toHaveLength(1);
});
