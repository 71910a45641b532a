// Where an arrow key leads in a picture: along an edge to the right or left, up or down in the same column.

import type { Layout, Line } from "./layout.ts";

export type Direction = "ArrowRight" | "ArrowLeft" | "ArrowUp" | "ArrowDown";

export function isDirection(key: string): key is Direction {
  return ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"].includes(key);
}

/** Undefined where the key leads nowhere. */
export function neighborOf(
  layout: Layout,
  lines: readonly Line[],
  id: string,
  key: Direction,
): string | undefined {
  const from = layout.nodes.get(id);
  if (!from) return undefined;
  const forward = lines.filter((line) => !layout.edges.get(line.id)?.back);
  const distance = (other: string) => Math.abs((layout.nodes.get(other)?.y ?? 0) - from.y);
  const nearest = (others: readonly string[]) => [...others].sort((a, b) => distance(a) - distance(b))[0];
  if (key === "ArrowRight") return nearest(forward.filter((line) => line.from === id).map(({ to }) => to));
  if (key === "ArrowLeft") return nearest(forward.filter((line) => line.to === id).map(({ from }) => from));
  const column = [...layout.nodes].filter(
    ([other, area]) =>
      other !== id &&
      Math.abs(area.x - from.x) < from.width / 2 &&
      (key === "ArrowDown" ? area.y > from.y : area.y < from.y),
  );
  return nearest(column.map(([other]) => other));
}
