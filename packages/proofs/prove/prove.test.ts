// The command that proves: what it is asked for, what it says, and that it does not say that all is well when it is not.
import { describe, expect, it } from "vitest";
import { parseProveArguments } from "./arguments.ts";
import { withFigures } from "./figures-table.ts";
import { proofFigures, proofText } from "./report.ts";
import { boundedSections, type SectionFigures, sectionNames } from "./section.ts";
import { runSections } from "./sections.ts";

const sections: readonly SectionFigures[] = [
  {
    section: "crash-points",
    schedules: 1_200,
    faults: { "killed-after": 700, partial: 2 },
    violations: ["rows: killed after the 1st PutItem\n  ✗ G2: twice"],
    said: ["single faults: 1,200 (all) in 3 scenarios"],
    seconds: 3,
  },
  {
    section: "strategies",
    schedules: 20,
    faults: { partial: 1 },
    violations: [],
    strategiesBroken: 13,
    strategiesTotal: 13,
    said: [],
    seconds: 1,
  },
  {
    section: "mutants",
    schedules: 0,
    faults: {},
    violations: [],
    mutantsKilled: 40,
    mutantsTotal: 40,
    said: [],
    seconds: 1,
  },
];

describe("npm run prove", () => {
  it("runs the bounded sections unless it is told otherwise", () => {
    expect(parseProveArguments([])).toMatchObject({ sections: boundedSections, bounded: true, seed: 1 });
    expect(parseProveArguments(["--long"])).toMatchObject({ sections: sectionNames, bounded: false });
    expect(parseProveArguments(["--only", "mutants,soak", "--seed", "7"])).toMatchObject({
      sections: ["mutants", "soak"],
      bounded: false,
      seed: 7,
    });
  });

  it.each([
    [["--only", "mutant"], "--only must name sections of"],
    [["--workers", "0"], "--workers must be a whole number from 1 to 64"],
    [["--deep"], "--deep"],
    [["--long", "--messages", "299"], "--messages must be a whole number from 300 to 10000000"],
    [["--long", "--worlds", "many"], "--worlds must be a whole number from 1 to 1000000"],
    [["--minutes", "0"], "--minutes must be a whole number from 1 to 10000"],
    [["--worlds", "5"], "--worlds is for the section soak, which does not run: add --long or --only soak"],
    [["--only", "soak", "--messages", "900"], "--messages is for the section long-run"],
  ])("refuses %j, naming what is allowed", (argv, message) => {
    expect(() => parseProveArguments(argv)).toThrow(message);
  });

  it("goes as deep as it is told, and no longer than it is allowed", () => {
    const told = ["--long", "--messages", "900", "--worlds", "7", "--minutes", "2"];
    expect(parseProveArguments(told)).toMatchObject({ messages: 900, worlds: 7, secondsMax: 120 });
  });

  it("begins nothing more when its time limit has passed", async () => {
    const depth = { long: true, bounded: false, seed: 1, workers: 2, secondsMax: 0 };
    const begun = await runSections(["crash-points", "mutants"], depth, () => undefined);
    expect(begun).toMatchObject([
      { schedules: 0, violations: [], said: expect.arrayContaining([expect.stringContaining("no time")]) },
      { mutantsTotal: 0, violations: [], said: [expect.stringContaining("no time")] },
    ]);
  });

  it("adds up what its sections found, for machines", () => {
    expect(proofFigures(sections, { seconds: 5.04 })).toMatchObject({
      schedules: 1_220,
      faults: 703,
      violations: 1,
      strategiesBroken: 13,
      strategiesTotal: 13,
      mutantsKilled: 40,
      mutantsTotal: 40,
      seconds: 5,
      faultsByKind: { "killed-after": 700, partial: 3 },
    });
  });

  it("shows people each violation whole", () => {
    const text = proofText(proofFigures(sections, { seconds: 5 }), sections);
    expect(text).toContain("✗ G2: twice");
    expect(text).toMatch(/✗ crash-points +1,200 runs +1 violations/);
    expect(text).toMatch(/✓ strategies/);
  });

  it("writes its figures between its marks, and needs them", () => {
    const marks = ["<!-- proof: written by npm run prove -- --write -->", "<!-- /proof -->"];
    const figures = proofFigures(sections, { seconds: 5 });
    const written = withFigures(`before\n${marks.join("\nold\n")}\nafter`, figures, sections);
    expect(written).toMatch(/^before\n[\s\S]*\| `crash-points` \| 1,200 \| 1 \|[\s\S]*\nafter$/);
    expect(written).not.toContain("old");
    expect(() => withFigures("nothing", figures, sections)).toThrow("must have the lines");
  });
});
