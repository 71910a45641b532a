// What happens around the page: the server goes and comes, clocks differ, ids are strange, a flow is huge, a screen is small.

import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Source } from "../src/data/source.ts";
import type { ConsoleServer } from "../src/server/server.ts";
import { goTo, openPage, startChromium } from "./chromium.ts";
import { startMadeUp } from "./made-up.ts";

let browser: Browser;
const servers: ConsoleServer[] = [];

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(async () => {
  await browser.close();
  await Promise.all(servers.map((server) => server.stop()));
});

it("a server that was killed is named as such, and one that was started anew at its port asks for its address", async () => {
  const first = await startApart();
  const { page } = await openPage(browser, first.address);
  await page.getByRole("heading", { name: /need you/ }).waitFor();
  first.child.kill("SIGKILL"); // nothing says that it ends
  await page.getByText("reconnecting", { exact: true }).waitFor();
  await page.getByText("The server does not answer.").waitFor();
  await page.getByRole("heading", { name: /need you/ }).waitFor(); // what the page last knew
  const again = await startApart("--port", new URL(first.address).port);
  await page.getByRole("heading", { name: "Open the address that the terminal printed" }).waitFor();
  await page.goto(again.address);
  await page.getByText("live", { exact: true }).waitFor();
  await expect.poll(() => page.getByText("The server does not answer.").count()).toBe(0);
  await page.context().close();
  again.child.kill("SIGKILL");
});

it("a clock that differs from the server's makes nothing old or new", async () => {
  const aheadMs = 3_600_000;
  const { page } = await open((source) => ({
    ...source,
    counts: async () => ({ ...(await source.counts()), at: new Date(Date.now() + aheadMs).toISOString() }),
    deadLetters: {
      ...source.deadLetters,
      async overview() {
        const overview = await source.deadLetters.overview();
        const lastSeen = new Date(Date.now() + aheadMs - 300_000).toISOString();
        return { ...overview, groups: overview.groups.map((group) => ({ ...group, lastSeen })) };
      },
    },
  }));
  await page.getByText("5 min ago").first().waitFor();
  await page.getByText("live", { exact: true }).waitFor();
  await page.context().close();
});

it("a message with an id of odd characters is found and opened by it", async () => {
  const id = `a/b?c=1&d=%41+"'<é>#\u00a0 ¿${"x".repeat(300)}`;
  const { page, complaints } = await open((source) => ({
    ...source,
    async search(text) {
      const { messages, ...found } = await source.search("order-3");
      return { ...found, messages: text === id ? messages.slice(0, 1).map((one) => ({ ...one, id })) : [] };
    },
    async message(asked) {
      const path = await source.message({ id: "message-12" });
      return asked.id === id && path ? { ...path, message: { ...path.message, id } } : undefined;
    },
  }));
  await page.getByRole("searchbox", { name: "Find a message by its id, key or correlation id" }).fill(id);
  await page.keyboard.press("Enter");
  await page.getByText("Found: 1").waitFor();
  await page.getByRole("option").first().click();
  await page.getByRole("region", { name: "Its path" }).waitFor();
  await page.reload();
  await page.getByRole("region", { name: "Its path" }).waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it("a flow of five thousand messages is a list that scrolls, and opens each of them", async () => {
  const { page, complaints } = await open((source) => ({
    ...source,
    async correlation(id) {
      const flow = await source.correlation(id);
      const [first] = flow?.messages ?? [];
      if (!flow || !first) return undefined;
      const messages = Array.from({ length: 5_000 }, (_, index) => ({
        ...first,
        id: `${first.id}-${index}`,
      }));
      return { ...flow, messages: [first, ...messages], causes: [] };
    },
  }));
  await goTo(page, "Messages");
  await page.getByRole("option").first().click();
  const flow = page.getByRole("listbox", { name: "Messages of this correlation id" });
  await flow.getByRole("option").first().waitFor();
  expect(await flow.getByRole("option").count()).toBeLessThan(40);
  await flow.getByRole("option").first().focus();
  await page.keyboard.press("End");
  await flow.locator("[aria-posinset='5001']").waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

describe("a screen of 360 pixels", () => {
  it.each(["Now", "Flow", "Messages", "Dead letters", "Trouble"])(
    "shows %s without scrolling sideways",
    async (view) => {
      const { page } = await open(undefined, { width: 360, height: 740 });
      await goTo(page, view);
      await page.getByRole("heading", { level: 1 }).waitFor();
      expect(await tooWide(page)).toEqual([]);
      await page.context().close();
    },
  );

  it("shows a message, and a dead letter with its dialog", async () => {
    const { page } = await open(undefined, { width: 360, height: 740 });
    await goTo(page, "Messages");
    await page.getByRole("option").first().click();
    await page.getByRole("region", { name: "Its path" }).waitFor();
    expect(await tooWide(page)).toEqual([]);
    await goTo(page, "Dead letters");
    await page.getByRole("link", { name: "ACCOUNT_UNKNOWN" }).click();
    await page.getByRole("option").first().click();
    await page.getByRole("region", { name: "What the evidence says" }).waitFor();
    expect(await tooWide(page)).toEqual([]);
    await page.getByRole("button", { name: "Redrive it…" }).click();
    await page
      .getByRole("dialog")
      .getByText(/would be/)
      .first()
      .waitFor();
    expect(await tooWide(page)).toEqual([]);
    await page.context().close();
  });
});

async function open(change?: (source: Source) => Source, viewport = { width: 1_440, height: 900 }) {
  const server = await startMadeUp(change ? { change } : {});
  servers.push(server);
  return openPage(browser, server.address, { viewport });
}

/** A console of made-up data in a process of its own, which can be killed. */
async function startApart(...flags: readonly string[]) {
  const child = spawn(process.execPath, ["packages/console/test/fixture/start.ts", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await once(child.stdout, "data");
  return { child, address: String(said).trim() };
}

/** What reaches beyond the screen, unless it is in a box that scrolls by itself. */
function tooWide(page: Page): Promise<unknown> {
  return page.evaluate(`
    [...document.querySelectorAll("#page *")]
      .filter((node) => {
        const { right, width } = node.getBoundingClientRect();
        if (width === 0 || right <= innerWidth + 1 || node.closest("svg, .table-box, .unseen, .skip")) return false;
        for (let box = node.parentElement; box && box.id !== "main"; box = box.parentElement)
          if (/(auto|scroll|hidden)/.test(getComputedStyle(box).overflowX) && box.getBoundingClientRect().right <= innerWidth + 1)
            return false;
        return true;
      })
      .map((node) => node.outerHTML.slice(0, 120))
      .slice(0, 5)
      .concat(document.documentElement.scrollWidth > innerWidth ? ["the page itself"] : [])
  `);
}
