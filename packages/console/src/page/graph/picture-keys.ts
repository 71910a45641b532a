// The keys of a picture: zoom, move, leave.

import { isDirection } from "./neighbors.ts";
import { type Viewport, ZOOM_STEP } from "./viewport.ts";

const PAN = 60;

/** Undefined for keys that the picture itself does not use. */
export function viewKey({ key, shiftKey }: KeyboardEvent, viewport: Viewport): (() => void) | undefined {
  const keys: Readonly<Record<string, () => void>> = {
    "+": () => viewport.zoomBy(ZOOM_STEP),
    "=": () => viewport.zoomBy(ZOOM_STEP),
    "-": () => viewport.zoomBy(1 / ZOOM_STEP),
    "0": viewport.showAll,
  };
  if (!shiftKey || !isDirection(key)) return keys[key];
  const x = { ArrowLeft: PAN, ArrowRight: -PAN, ArrowUp: 0, ArrowDown: 0 }[key];
  const y = { ArrowLeft: 0, ArrowRight: 0, ArrowUp: PAN, ArrowDown: -PAN }[key];
  return () => viewport.moveBy(x, y);
}
