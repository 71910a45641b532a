// Growth as a picture: a panel for each thing that grows, a line for each cost, relative to the smallest size. Flat
// is good. Solid lines hold on AWS, too; dashed ones only on the emulator. Own lines of SVG: a plotting library
// would bring a hundred packages for these.
import type { Point } from "./point.ts";
import { type Measure, measures, type Series } from "./verdict.ts";

const panel = { width: 300, height: 210, left: 42, right: 14, top: 34, bottom: 38 } as const;
const columns = 3;
const legendHeight = 64;
const colours = ["#1668c7", "#c2410c", "#15803d", "#7c3aed", "#b45309", "#64748b"] as const;

export function chart(list: readonly Series[]): string {
  const rows = Math.ceil(list.length / columns);
  const [width, height] = [columns * panel.width, rows * panel.height + legendHeight];
  const panels = list.map((series, index) => {
    const [x, y] = [(index % columns) * panel.width, Math.floor(index / columns) * panel.height];
    return `<g transform="translate(${x} ${y})">${panelOf(series)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>Cost of a message while something grows, relative to the smallest size</title>
<style>text{font:11px system-ui,sans-serif;fill:#334155}.title{font-weight:600;font-size:12px}.axis{stroke:#94a3b8;stroke-width:1}.grid{stroke:#cbd5e1;stroke-width:.5}
.background{fill:#fff}@media(prefers-color-scheme:dark){.background{fill:#0d1117}text{fill:#cbd5e1}.grid{stroke:#334155}}</style>
<rect class="background" width="${width}" height="${height}"/>
${panels.join("\n")}
<g transform="translate(0 ${rows * panel.height})">${legend()}</g>
</svg>
`;
}

function panelOf({ name, of, points }: Series): string {
  const most = Math.max(2, ...measures.flatMap((measure) => relative(points, measure)));
  const [low, high] = [Math.log10(points[0]?.size ?? 1), Math.log10(points.at(-1)?.size ?? 10)];
  const x = (size: number) =>
    panel.left + ((Math.log10(size) - low) / (high - low || 1)) * (panel.width - panel.left - panel.right);
  const y = (value: number) =>
    panel.height - panel.bottom - (value / most) * (panel.height - panel.top - panel.bottom);
  const ticks = [0, 1, ...(most > 2 ? [Math.round(most)] : [2])];
  return [
    `<text class="title" x="${panel.left}" y="18">${escaped(name)}</text>`,
    ...ticks.map(
      (tick) =>
        `<line class="grid" x1="${panel.left}" x2="${panel.width - panel.right}" y1="${at(y(tick))}" y2="${at(y(tick))}"/><text x="${panel.left - 6}" y="${at(y(tick) + 4)}" text-anchor="end">${tick} ×</text>`,
    ),
    `<line class="axis" x1="${panel.left}" x2="${panel.width - panel.right}" y1="${at(y(0))}" y2="${at(y(0))}"/>`,
    ...points.map(
      ({ size }) =>
        `<text x="${at(x(size))}" y="${panel.height - panel.bottom + 15}" text-anchor="middle">${size.toLocaleString("en-US")}</text>`,
    ),
    `<text x="${panel.width / 2}" y="${panel.height - 8}" text-anchor="middle">${escaped(of)}</text>`,
    ...measures.map((measure, index) => line(points, measure, { x, y, colour: colours[index] ?? "#000" })),
  ].join("");
}

interface Place {
  readonly x: (size: number) => number;
  readonly y: (value: number) => number;
  readonly colour: string;
}

function line(points: readonly Point[], measure: Measure, { x, y, colour }: Place): string {
  const values = relative(points, measure);
  if (values.length === 0) return "";
  const places = points.map(({ size }, index) => `${at(x(size))},${at(y(values[index] ?? 0))}`);
  const dashes = measure.exact ? "" : ' stroke-dasharray="4 3"';
  return `<polyline points="${places.join(" ")}" fill="none" stroke="${colour}" stroke-width="${measure.exact ? 2 : 1.5}"${dashes}/>`;
}

/** Against the first; nothing for a cost that is not there at all. */
function relative(points: readonly Point[], { of }: Measure): number[] {
  const first = points[0]?.[of] ?? 0;
  return first === 0 ? [] : points.map((point) => point[of] / first);
}

function legend(): string {
  const items = measures.map(({ label, exact }, index) => {
    const [x, y] = [panel.left + (index % 3) * 260, 14 + Math.floor(index / 3) * 20];
    const dashes = exact ? "" : ' stroke-dasharray="4 3"';
    const where = exact
      ? "a message; on AWS, too"
      : index === measures.length - 1
        ? "of the process"
        : "a message; emulator only";
    return `<line x1="${x}" x2="${x + 28}" y1="${y}" y2="${y}" stroke="${colours[index]}" stroke-width="2"${dashes}/><text x="${x + 34}" y="${y + 4}">${label}, ${where}</text>`;
  });
  return items.join("");
}

function at(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
