// The keys of a picture as buttons.

import { type Viewport, ZOOM_STEP } from "./viewport.ts";

export function ZoomButtons({ viewport }: { readonly viewport: Viewport }) {
  return (
    <fieldset class="graph-buttons">
      <legend class="unseen">Zoom</legend>
      <button
        type="button"
        onClick={() => viewport.zoomBy(ZOOM_STEP)}
        aria-label="Zoom in"
        title="Zoom in: +"
      >
        +
      </button>
      <button
        type="button"
        onClick={() => viewport.zoomBy(1 / ZOOM_STEP)}
        aria-label="Zoom out"
        title="Zoom out: −"
      >
        −
      </button>
      <button type="button" onClick={viewport.showAll} title="Show all: 0">
        all
      </button>
    </fieldset>
  );
}
