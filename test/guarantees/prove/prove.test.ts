// The command that proves: what it is asked for, what it says, and that it does not say that all is well when it is not.
import { describe, expect, it } from "vitest";
import { parseProveArguments } from "./arguments.ts";
import { withFigures } from "./figures-table.ts";
import { proofFigures, proofText } from "./report.ts";
import { boundedSections, type SectionFigures, sectionNames } from "./section.ts";

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
  ])("refuses %j, naming what is allowed", (argv, message) => {
    expect(() => parseProveArguments(argv)).toThrow(message);
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
