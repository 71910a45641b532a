// What a proof found, as a table for people and as one object for machines.
import { addUp, type SectionFigures } from "./section.ts";

export interface ProofFigures {
  readonly schedules: number;
  /** Faults that fired. */
  readonly faults: number;
  readonly violations: number;
  readonly strategiesBroken: number;
  readonly strategiesTotal: number;
  readonly mutantsKilled: number;
  readonly mutantsTotal: number;
  readonly seconds: number;
  readonly faultsByKind: Readonly<Record<string, number>>;
  /** Each to be read; the first lines say which faults at which calls. */
  readonly found: readonly string[];
  readonly sections: readonly Omit<SectionFigures, "violations" | "faults">[];
}

export function proofFigures(
  sections: readonly SectionFigures[],
  { seconds }: { readonly seconds: number },
): ProofFigures {
  const sum = (of: (section: SectionFigures) => number | undefined) =>
    sections.reduce((total, section) => total + (of(section) ?? 0), 0);
  const faultsByKind = addUp(sections.map(({ faults }) => faults));
  const found = sections.flatMap(({ violations }) => violations);
  return {
    schedules: sum((section) => section.schedules),
    faults: Object.values(faultsByKind).reduce((total, count) => total + count, 0),
    violations: found.length,
    strategiesBroken: sum((section) => section.strategiesBroken),
    strategiesTotal: sum((section) => section.strategiesTotal),
    mutantsKilled: sum((section) => section.mutantsKilled),
    mutantsTotal: sum((section) => section.mutantsTotal),
    seconds: Math.round(seconds * 10) / 10,
    faultsByKind,
    found,
    sections: sections.map(({ violations: _, faults: __, ...rest }) => rest),
  };
}

export function proofText(figures: ProofFigures, sections: readonly SectionFigures[]): string {
  const lines = sections.flatMap(({ section, schedules, violations, said, seconds }) => [
    [
      violations.length === 0 ? "✓" : "✗",
      section.padEnd(13),
      (schedules > 0 ? `${number(schedules)} runs` : "").padStart(13),
      `${violations.length} violations`.padStart(14),
      `${Math.round(seconds)} s`.padStart(7),
    ].join(" "),
    ...said.map((line) => `    ${line}`),
  ]);
  const kinds = Object.entries(figures.faultsByKind)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${kind} ${number(count)}`);
  return [
    "",
    ...figures.found.flatMap((violation) => [violation, ""]),
    ...lines,
    "",
    ...(kinds.length > 0 ? [`faults that fired: ${kinds.join(", ")}`] : []),
    `${number(figures.schedules)} runs, ${number(figures.faults)} faults, ${figures.violations} violations, ${figures.seconds} s`,
  ].join("\n");
}

export function number(count: number): string {
  return count.toLocaleString("en-US");
}
