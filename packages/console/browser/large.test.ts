// Ten thousand messages, a thousand dead letters, thirty consumers: no interaction takes the page longer than 200 ms.
//
//   What the page's own thread computes is measured, by the browser and in time of the processor: whatever else the machine does at
//   the time counts for nothing. From a key or click until all that follows from it is drawn. https://web.dev/articles/inp
//   On a slower or busier processor the same takes longer. So each time is divided by how much longer than REFERENCE_MS it takes
//   directly afterwards to draw some thousand elements in an empty page. What is still too long is done again, at most
//   ROUNDS_MAX times, and the shortest time of each interaction counts: other programs can only add.

import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ConsoleServer } from "../src/server/server.ts";
import { goTo, openPage, startChromium } from "./chromium.ts";
import { startMadeUp } from "./made-up.ts";

let browser: Browser;
let server: ConsoleServer;

const INTERACTION_MS_MAX = 200;
/** Of `REFERENCE`. */
const REFERENCE_MS = 50;
const REFERENCE_RUNS = 3;
const ROUNDS_MAX = 3;
const REFERENCE = `{
  const box = document.body.appendChild(document.createElement("div"));
  for (let n = 0; n < 8_000; n++) box.appendChild(document.createElement("span")).textContent = "element " + n;
  box.getBoundingClientRect();
  box.remove();
}`;

beforeAll(async () => {
  server = await startMadeUp({ consumers: 30, messages: 10_000, deadLetters: 1_000 });
  browser = await startChromium();
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

describe("much data", { timeout: 180_000 }, () => {
  it("a thousand dead letters: scrolling, choosing, opening and a dry run of all stay fluent", async () => {
    const slowest = await slowestOf(async ({ page, took }) => {
      const list = page.getByRole("listbox", { name: "Dead letters" });
      const dialog = page.getByRole("dialog");
      await took("open the groups", () => goTo(page, "Dead letters"));
      await took("list them one by one", async () => {
        await page.getByRole("link", { name: "List them one by one" }).click();
        await page.getByText("1,000 dead letters", { exact: true }).waitFor();
      });
      await page.getByRole("option").first().focus();
      for (let count = 0; count < 12; count++)
        await took("a page down", () => page.keyboard.press("PageDown"));
      await took("to the end", () => page.keyboard.press("End"));
      await took("open one", async () => {
        await page.keyboard.press("Enter");
        await page.getByRole("region", { name: "What the evidence says" }).waitFor();
      });
      await took("a dry run of all begins", async () => {
        await page.getByRole("button", { name: "Redrive all dead letters…" }).click();
        await dialog.waitFor();
      });
      await dialog.getByText(/711 would be sent back/).waitFor({ timeout: 120_000 });
      await took("its dialog closes", () => page.keyboard.press("Escape"));
      expect(await list.getByRole("option").count()).toBeLessThan(60);
    });
    expect(slowest).toBeLessThan(INTERACTION_MS_MAX);
  });

  it("ten thousand messages: searching and opening stay fluent", async () => {
    const slowest = await slowestOf(async ({ page, took }) => {
      await took("open the messages", async () => {
        await goTo(page, "Messages");
        await page.getByText("The latest: 100, and there are more").waitFor();
      });
      await took("open one", async () => {
        await page.getByRole("option").first().click();
        await page.getByRole("region", { name: "Its path" }).waitFor();
      });
      const search = page.getByRole("searchbox", { name: "Message id, partition key or correlation id" });
      await took("type a search", () => search.pressSequentially("correlation-1234"));
      await took("find", async () => {
        await search.press("Enter");
        await page.getByText("Found: 4").waitFor();
      });
      await took("open what was found", () => page.getByRole("option").first().click());
    });
    expect(slowest).toBeLessThan(INTERACTION_MS_MAX);
  });

  it("thirty consumers: opening, filtering, walking and zooming stay fluent, while events come", async () => {
    const slowest = await slowestOf(async ({ page, took }) => {
      await took("open the flow", async () => {
        await goTo(page, "Flow");
        await page.getByRole("button", { name: /^Orders, service/ }).waitFor();
      });
      await took("open all services", async () => {
        await page.getByRole("button", { name: "open all" }).click();
        await page.getByRole("button", { name: /^ReserveCredit5, queue/ }).waitFor();
      });
      await page.getByRole("button", { name: /^POST PlaceOrder/ }).focus();
      for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown", "+", "-", "0"])
        await took(`the key ${key}`, () => page.keyboard.press(key));
      await took("a node is pointed at", () =>
        page.getByRole("button", { name: /^Publish, function/ }).hover(),
      );
      await took("a node is opened", () => page.keyboard.press("Enter"));
      const filter = page.getByRole("searchbox", { name: /^Filter the flow/ });
      for (const letter of "order3")
        await took(`the filter's ${letter}`, () => filter.pressSequentially(letter));
      await took("open what is left", () => page.getByRole("button", { name: /^ShipOrder3, queue/ }).click());
      await took("all again", () => filter.fill(""));
      await took("as a table", async () => {
        await page.getByRole("button", { name: "Table", exact: true }).click();
      });
    });
    expect(slowest).toBeLessThan(INTERACTION_MS_MAX);
  });

  it("a second of events and counts takes a small part of a second", async () => {
    const { page, took } = await openMeasured();
    await goTo(page, "Flow");
    await page.getByRole("button", { name: "open all" }).click();
    await page.getByRole("button", { name: /^ReserveCredit5, queue/ }).waitFor();
    await page.waitForTimeout(1_000);
    const ms = await took("3 seconds of events", () => page.waitForTimeout(3_000));
    console.log(`3 seconds of events: ${Math.round(ms)} ms`);
    expect(ms).toBeLessThan(600);
    await page.context().close();
  });
});

interface Measured {
  readonly page: Page;
  /** What the page's own thread computes for it, in milliseconds of a processor that is not slowed down. */
  took(name: string, interact: () => Promise<unknown>): Promise<number>;
}

/** How long the slowest interaction takes. */
async function slowestOf(work: (measured: Measured) => Promise<void>): Promise<number> {
  const shortest: number[] = [];
  for (let round = 1; round <= ROUNDS_MAX; round++) {
    let place = 0;
    const { page, took } = await openMeasured();
    await work({
      page,
      async took(name, interact) {
        const ms = await took(name, interact);
        shortest[place] = Math.min(shortest[place] ?? ms, ms);
        place++;
        return ms;
      },
    });
    await page.context().close();
    if (Math.max(...shortest) < INTERACTION_MS_MAX) break;
  }
  return Math.max(...shortest);
}

async function openMeasured(): Promise<Measured> {
  const { page } = await openPage(browser, server.address);
  const [session, slowness] = [await measured(page), await openReference()];
  return {
    page,
    async took(name, interact) {
      const before = await computedMs(session);
      await interact();
      await drawn(page);
      const computed = (await computedMs(session)) - before;
      const slower = await slowness();
      const ms = computed / slower;
      console.log(`${name}: ${Math.round(ms)} ms; this processor took ${slower.toFixed(1)} times as long`);
      return ms;
    },
  };
}

async function measured(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return session;
}

/** How many times as long as it should the processor takes just now; never below 1. */
async function openReference(): Promise<() => Promise<number>> {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  const session = await measured(page);
  return async function slowness() {
    const before = await computedMs(session);
    for (let run = 0; run < REFERENCE_RUNS; run++) await page.evaluate(REFERENCE);
    return Math.max(1, ((await computedMs(session)) - before) / REFERENCE_RUNS / REFERENCE_MS);
  };
}

async function computedMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return 1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0);
}

/** Views follow some interactions a moment later: their time counts too. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate(
    "new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 250))",
  );
}
