// Which view is open, in the fragment of the address: it can be reloaded, gone back to and opened twice.

import { signal } from "@preact/signals";

export const views = {
  now: "Now",
  flow: "Flow",
  messages: "Messages",
  "dead-letters": "Dead letters",
  trouble: "Trouble",
} as const;

export type View = keyof typeof views;
export type Parameters = Readonly<Record<string, string | undefined>>;

export interface Route {
  readonly view: View;
  readonly parameters: Parameters;
}

export const route = signal<Route>({ view: "now", parameters: {} });

export function followAddress(): void {
  route.value = routeOf(location.hash);
  addEventListener("hashchange", () => {
    route.value = routeOf(location.hash);
  });
}

/** For `href`. */
export function linkTo(view: View, parameters: Parameters = {}): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => !!entry[1]);
  return given.length === 0 ? `#/${view}` : `#/${view}?${new URLSearchParams(given)}`;
}

export function goTo(view: View, parameters: Parameters = {}): void {
  location.hash = linkTo(view, parameters);
}

function routeOf(hash: string): Route {
  const [name = "", query = ""] = hash.replace(/^#\//, "").split("?", 2);
  const view = Object.hasOwn(views, name) ? (name as View) : "now";
  return { view, parameters: Object.fromEntries(new URLSearchParams(query)) };
}
