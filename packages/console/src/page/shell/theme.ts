// Dark or light: as the system says until the reader chooses, and then as chosen.

import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const KEPT_AS = "console-theme";
const order: readonly Theme[] = ["system", "light", "dark"];

export const theme = signal<Theme>("system");

export function keepTheme(): void {
  const kept = localStorage.getItem(KEPT_AS) as Theme | null;
  if (kept && order.includes(kept)) theme.value = kept;
  effect(() => {
    const { value } = theme;
    if (value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
    localStorage.setItem(KEPT_AS, value);
  });
}

export function nextTheme(): void {
  theme.value = order[(order.indexOf(theme.value) + 1) % order.length] ?? "system";
}
