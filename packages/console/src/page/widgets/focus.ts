// Where the focus goes when its place is gone: to a heading nearby, so that the keyboard goes on from there.

export function isLost(element: Element | null): boolean {
  return (
    element === null || element === document.body || !element.isConnected || element.matches(":disabled")
  );
}

/** From the inside out. They are asked for before an element goes, which then has none. */
export function placesAround(element: Element | null): readonly Element[] {
  const places: Element[] = [];
  for (let at = element?.parentElement; at; at = at.parentElement) places.push(at);
  return places;
}

export function focusHeadingIn(places: readonly Element[]): void {
  const headings = places.map((place) => place.isConnected && place.querySelector<HTMLElement>("h1, h2, h3"));
  const heading = headings.find((one) => one instanceof HTMLElement);
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus();
}
