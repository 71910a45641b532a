// Growth for people and for the document: what a message costs at each size, and how the last differs from the first.
import { textTable } from "@essentially-once/operator/text-table";
import { measures, type Series, verdicts } from "./verdict.ts";

export const growthHeadings = [
  "",
  "size",
  "requests",
  "write units",
  "read units",
  "CPU µs ¹",
  "ms ¹",
  "heap MB ¹",
];

/** What docs/scaling.md shows: the other columns are of one machine. */
export const documentColumns = growthHeadings.length - 3;

export function growthRows(list: readonly Series[]): string[][] {
  return list.flatMap(({ name, points }) =>
    points.map((point, index) => [
      index === 0 ? name : "",
      point.size.toLocaleString("en-US"),
      ...measures.map(({ of, exact }) => point[of].toFixed(exact ? 3 : of === "milliseconds" ? 2 : 0)),
    ]),
  );
}

export function growthReport(list: readonly Series[]): string {
  const judged = list
    .flatMap(verdicts)
    .map(({ series, measure, growth, bound, flat, exact }) => [
      flat ? "✓" : "✗",
      series,
      exact ? measure : `${measure} ¹`,
      `× ${growth.toFixed(2)}`,
      bound === undefined ? "" : `bounded: at most ${bound}`,
    ]);
  return [
    "For each message, when there is already so much",
    textTable(growthHeadings, growthRows(list), { indent: "  " }),
    "",
    "From the smallest size to the largest",
    textTable(["", "", "", "growth", ""], judged, { indent: "  " }),
    "",
    "¹ this machine's and the emulator's; the others are what AWS would count, too",
  ].join("\n");
}
