// The line of an edge, for the attribute `d` of a path.

import type { Area, Point } from "./layout.ts";

/** Nothing stands between nodes that are nearer than this: one curve leads there. */
const NEXT_COLUMN = 130;

/** A smooth line from the right side of one node through the points between to the left side of another. */
export function curveThrough(from: Area, points: readonly Point[], to: Area): string {
  const start = { x: from.x + from.width / 2, y: from.y };
  const end = { x: to.x - to.width / 2, y: to.y };
  const isNext = end.x - start.x < NEXT_COLUMN;
  const between = isNext ? [] : points.slice(1, -1).filter(({ x }) => x > start.x && x < end.x);
  const rest = [...between, end];
  let path = `M${at(start)}`;
  let before = start;
  for (const point of rest) {
    const middle = (before.x + point.x) / 2;
    path += `C${at({ x: middle, y: before.y })} ${at({ x: middle, y: point.y })} ${at(point)}`;
    before = point;
  }
  return path;
}

/** From the right side of one node around to the left side of another that stands before it. */
export function curveBack(from: Area, to: Area): string {
  const start = { x: from.x + from.width / 2, y: from.y };
  const end = { x: to.x - to.width / 2, y: to.y };
  const reach = 46;
  const over = Math.min(from.y - from.height, to.y - to.height) - 26;
  const side = { x: start.x + reach, y: over };
  const other = { x: end.x - reach, y: over };
  return (
    `M${at(start)}C${at({ x: side.x, y: start.y })} ${at(side)} ${at({ x: start.x, y: over })}` +
    `L${at({ x: end.x, y: over })}C${at(other)} ${at({ x: other.x, y: end.y })} ${at(end)}`
  );
}

function at({ x, y }: Point): string {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}
