// The right to ask the server: the token in the fragment of the address that the terminal printed.
//
//   It is taken out of the address at once, so that no picture and no copied address has it, and is kept for this tab alone.

import { signal } from "@preact/signals";

const KEPT_AS = "console-token";

/** Undefined while this tab has none; then the page says where to find it. */
export const token = signal<string | undefined>(undefined);

/** From the address, or from an earlier load of this tab. An address of a newer run may be opened over an old one. */
export function takeToken(): void {
  readToken();
  addEventListener("hashchange", () => {
    if (location.hash.startsWith("#token=")) readToken();
  });
}

function readToken(): void {
  const given = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (given === undefined) {
    token.value = sessionStorage.getItem(KEPT_AS) ?? undefined;
    return;
  }
  sessionStorage.setItem(KEPT_AS, given);
  history.replaceState(null, "", "#/now");
  token.value = given;
}

/** The server refused it: it is of an earlier run. */
export function dropToken(): void {
  sessionStorage.removeItem(KEPT_AS);
  token.value = undefined;
}
