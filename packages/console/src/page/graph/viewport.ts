// Which part of a picture is in sight: moved by dragging, wheel, keys and buttons.

import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Area } from "./layout.ts";

export interface Sight {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Viewport {
  readonly sight: Sight;
  readonly zoomBy: (factor: number) => void;
  readonly moveBy: (x: number, y: number) => void;
  /** All of it, however small. */
  readonly showAll: () => void;
  /** Moves as little as needed. */
  readonly bringIntoSight: (area: Area) => void;
}

export const ZOOM_STEP = 1.25;
const SCALE_MIN = 0.12;
const SCALE_MAX = 2.5;
/** At first: smaller than this, words cannot be read. */
const SCALE_READABLE = 0.56;
const EDGE = 24;
const DRAG_MIN = 3;

export function useViewport(
  element: { current: SVGSVGElement | null },
  size: { width: number; height: number },
): Viewport {
  const [sight, setSight] = useState<Sight>({ x: 0, y: 0, scale: 1 });
  const drag = useRef<{ x: number; y: number; moved: boolean } | undefined>(undefined);

  const place = useCallback(
    (scaleMin: number) => {
      const { clientWidth = 0, clientHeight = 0 } = element.current ?? {};
      if (clientWidth === 0) return;
      const fit = Math.min(clientWidth / size.width, clientHeight / size.height, 1.15);
      const scale = Math.max(scaleMin, Math.min(fit, SCALE_MAX));
      const free = { x: clientWidth - size.width * scale, y: clientHeight - size.height * scale };
      setSight({ x: Math.max(0, free.x / 2), y: Math.max(0, free.y / 2), scale });
    },
    [element, size.width, size.height],
  );
  useLayoutEffect(() => place(SCALE_READABLE), [place]);

  const zoomAt = useCallback((factor: number, x: number, y: number) => {
    setSight((old) => {
      const scale = Math.max(SCALE_MIN, Math.min(SCALE_MAX, old.scale * factor));
      const grown = scale / old.scale;
      return { x: x - (x - old.x) * grown, y: y - (y - old.y) * grown, scale };
    });
  }, []);
  const moveBy = useCallback((x: number, y: number) => {
    setSight((old) => ({ ...old, x: old.x + x, y: old.y + y }));
  }, []);

  useEffect(() => {
    const svg = element.current;
    if (!svg) return;
    const stop = new AbortController();
    const options = { signal: stop.signal };
    svg.addEventListener("wheel", onWheel, { ...options, passive: false });
    svg.addEventListener("pointerdown", onPointerDown, options);
    svg.addEventListener("pointermove", onPointerMove, options);
    svg.addEventListener("pointerup", endDrag, options);
    svg.addEventListener("pointercancel", endDrag, options);
    return () => stop.abort();

    function endDrag(): void {
      drag.current = undefined;
    }
    function onWheel(event: WheelEvent): void {
      event.preventDefault();
      if (!event.ctrlKey && !event.metaKey) {
        moveBy(-event.deltaX, -event.deltaY);
        return;
      }
      const { left, top } = (svg as SVGSVGElement).getBoundingClientRect();
      zoomAt(Math.exp(-event.deltaY / 300), event.clientX - left, event.clientY - top);
    }
    function onPointerDown({ clientX: x, clientY: y, button }: PointerEvent): void {
      if (button === 0) drag.current = { x, y, moved: false };
    }
    function onPointerMove({ clientX: x, clientY: y, pointerId }: PointerEvent): void {
      const from = drag.current;
      if (!from) return;
      if (!from.moved && Math.hypot(x - from.x, y - from.y) < DRAG_MIN) return;
      svg?.setPointerCapture(pointerId);
      drag.current = { x, y, moved: true };
      moveBy(x - from.x, y - from.y);
    }
  }, [element, moveBy, zoomAt]);

  const zoomBy = useCallback(
    (factor: number) => {
      const { clientWidth = 0, clientHeight = 0 } = element.current ?? {};
      zoomAt(factor, clientWidth / 2, clientHeight / 2);
    },
    [element, zoomAt],
  );
  const bringIntoSight = useCallback(
    ({ x, y, width, height }: Area) => {
      const { clientWidth = 0, clientHeight = 0 } = element.current ?? {};
      setSight((old) => ({
        ...old,
        x: old.x + shift(old.x + x * old.scale, (width * old.scale) / 2, clientWidth),
        y: old.y + shift(old.y + y * old.scale, (height * old.scale) / 2, clientHeight),
      }));
    },
    [element],
  );
  const showAll = useCallback(() => place(SCALE_MIN), [place]);
  return { sight, zoomBy, moveBy, showAll, bringIntoSight };
}

/** How far a span has to move to lie between 0 and `length`. */
function shift(center: number, half: number, length: number): number {
  if (center - half < EDGE) return EDGE - (center - half);
  if (center + half > length - EDGE) return length - EDGE - (center + half);
  return 0;
}
