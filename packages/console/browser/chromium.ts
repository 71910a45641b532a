// One Chromium for all tests of a file, and pages that report whatever a browser should not have to say.

import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** Undefined: this machine has none. */
export function chromiumPath(): string | undefined {
  const places = [
    process.env.CHROMIUM,
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ];
  return places.find((place) => place !== undefined && existsSync(place));
}

export async function startChromium(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined)
    throw new Error("This machine has no Chromium: apt-get install chromium, or set CHROMIUM to its path");
  return chromium.launch({
    executablePath,
    // As root, as in a container of CI, Chromium has no sandbox. The pages are our own.
    args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), "--disable-dev-shm-usage"],
  });
}

export interface Watched {
  readonly page: Page;
  /** Errors of scripts, breaches of the content security policy, and failed loads, a line each. */
  readonly complaints: readonly string[];
  /** The address of every request. */
  readonly requests: readonly string[];
}

/** A page with a context of its own, opened at the address and ready. */
export async function openPage(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1_440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // The console's own words for an answer of 400 are no complaint: the page shows that answer.
    const isAnswer = /responded with a status of 4/.test(message.text());
    if (message.type() === "error" && !isAnswer) complaints.push(message.text());
  });
  page.on("request", (request) => requests.push(request.url()));
  page.on("websocket", (socket) => requests.push(socket.url()));
  await context.addInitScript(`
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      console.error("content security policy: " + violatedDirective + " " + blockedURI));
  `);
  await page.goto(address);
  await page.getByRole("navigation", { name: "Views" }).waitFor();
  return { page, complaints, requests };
}

/** As a reader does it: the views are links. Until the view is there: the one before has a heading, too. */
export async function goTo(page: Page, view: string): Promise<void> {
  const link = page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: view });
  await link.click();
  await link.and(page.locator("[aria-current=page]")).waitFor();
}
