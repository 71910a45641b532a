// A long list of which only the visible rows exist: ten thousand rows scroll as ten do.
//
//   Rows have one height. Screen readers get each row's place and the number of all. Up, Down, Page, Home and End move the focus.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

interface VirtualListProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly rowHeight: number;
  readonly keyOf: (row: Row) => string;
  readonly render: (row: Row, index: number) => ComponentChildren;
  /** The row that is open. */
  readonly selected?: string | undefined;
  readonly onOpen: (row: Row) => void;
  /** Of all, where not all are here yet. */
  readonly total?: number;
  /** The reader is near the end of the rows. */
  readonly onNearEnd?: () => void;
}

const BESIDE = 6;
const NEAR_END = 60;

export function VirtualList<Row>(props: VirtualListProps<Row>) {
  const { label, rows, rowHeight, keyOf, render, selected, onOpen, total = rows.length, onNearEnd } = props;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [active, setActive] = useState(0);
  const wantsFocus = useRef(false);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const first = Math.max(0, Math.floor(top / rowHeight) - BESIDE);
  const last = Math.min(rows.length, Math.ceil((top + height) / rowHeight) + BESIDE);
  useEffect(() => {
    if (last > rows.length - NEAR_END) onNearEnd?.();
  }, [last, rows.length, onNearEnd]);

  // The one row that Tab stops at exists and is near the eye, also after the list was scrolled away from the last one that had the focus.
  const isDrawn = active >= first && active < last;
  const focused = Math.min(isDrawn ? active : Math.ceil(top / rowHeight), rows.length - 1);
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    box.current?.querySelector<HTMLElement>(`[data-index="${focused}"]`)?.focus({ preventScroll: true });
  });

  function onKeyDown(event: KeyboardEvent): void {
    const to = target(event.key, focused, Math.max(1, Math.floor(height / rowHeight) - 1), rows.length);
    if (to === undefined || !(event.target as HTMLElement).dataset.index) return;
    event.preventDefault();
    wantsFocus.current = true;
    setActive(to);
    const element = box.current;
    if (!element) return;
    if (to * rowHeight < element.scrollTop) element.scrollTop = to * rowHeight;
    const bottom = (to + 1) * rowHeight;
    if (bottom > element.scrollTop + height) element.scrollTop = bottom - height;
    setTop(element.scrollTop);
  }

  return (
    <div
      ref={box}
      class="virtual-list"
      role="listbox"
      aria-label={label}
      tabIndex={-1}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      <div class="virtual-rows" style={{ height: `${rows.length * rowHeight}px` }}>
        {rows.slice(first, last).map((row, offset) => {
          const index = first + offset;
          const key = keyOf(row);
          return (
            <div
              key={key}
              class="virtual-row"
              role="option"
              aria-selected={key === selected}
              aria-setsize={total}
              aria-posinset={index + 1}
              data-index={index}
              tabIndex={index === focused ? 0 : -1}
              style={{ transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }}
              onFocus={() => setActive(index)}
              onClick={() => onOpen(row)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && event.target === event.currentTarget) onOpen(row);
              }}
            >
              {render(row, index)}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function target(key: string, index: number, page: number, length: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + page,
    PageUp: index - page,
    Home: 0,
    End: length - 1,
  };
  const to = steps[key];
  return to === undefined ? undefined : Math.max(0, Math.min(length - 1, to));
}
