// The console without a mouse and for a screen reader: names, landmarks, focus, keys, themes.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConsoleServer } from "../src/server/server.ts";
import { goTo, openPage, startChromium } from "./chromium.ts";
import { startMadeUp } from "./made-up.ts";

let browser: Browser;
let server: ConsoleServer;

const views = ["Now", "Flow", "Messages", "Dead letters", "Trouble"];

beforeAll(async () => {
  [browser, server] = await Promise.all([startChromium(), startMadeUp()]);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

describe("the keyboard and the screen reader", () => {
  it.each(views)("%s has one main heading, landmarks, and a name for each control", async (view) => {
    const { page } = await openPage(browser, server.address);
    await goTo(page, view);
    await page.getByRole("heading", { level: 1 }).waitFor();
    expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
    expect(await page.getByRole("main").count()).toBe(1);
    expect(await page.getByRole("banner").count()).toBe(1);
    expect(await page.evaluate(nameless)).toEqual([]);
    expect(await page.evaluate(doubledIds)).toEqual([]);
    await expect.poll(() => page.title()).toBe(`${view} · essentially-once console`);
    await page.context().close();
  });

  it.each(["light", "dark"] as const)("texts have enough contrast in the %s theme", async (colorScheme) => {
    const { page } = await openPage(browser, server.address, { colorScheme });
    for (const view of views) {
      await goTo(page, view);
      await page.getByRole("heading", { level: 1 }).waitFor();
      expect(await page.evaluate(faint), view).toEqual([]);
    }
    await page.context().close();
  });

  it("the flow is read with arrow keys, opened with Enter, and zoomed with plus, minus and 0", async () => {
    const { page } = await openPage(browser, server.address);
    await goTo(page, "Flow");
    const url = page.getByRole("button", { name: /^POST PlaceOrder/ });
    await url.focus();
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => focused(page)).toMatch(/^PlaceOrder, function of Orders/);
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => focused(page)).toMatch(/^Outbox/);
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => focused(page)).toMatch(/^PlaceOrder/);
    await page.keyboard.press("Enter");
    await page.getByRole("complementary").getByRole("heading", { name: "PlaceOrder" }).waitFor();
    const scale = () => page.locator(".graph-picture > g").getAttribute("transform");
    const before = await scale();
    await page.keyboard.press("+");
    await expect.poll(scale).not.toBe(before);
    await page.keyboard.press("0");
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("Escape");
    await page.getByRole("complementary").getByRole("heading", { name: "Just now" }).waitFor();
    await page.context().close();
  });

  it("a list is walked with arrow keys, and a dialog keeps the focus and gives it back", async () => {
    const { page } = await openPage(browser, server.address);
    await goTo(page, "Dead letters");
    await page.getByRole("link", { name: "ACCOUNT_UNKNOWN" }).press("Enter");
    const rows = page.getByRole("option");
    await rows.first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect.poll(() => rows.nth(1).getAttribute("aria-selected")).toBe("true");
    expect(await rows.nth(1).getAttribute("aria-posinset")).toBe("2");
    const redrive = page.getByRole("button", { name: "Redrive it…" });
    await redrive.press("Enter");
    await page.getByRole("dialog").waitFor();
    await expect.poll(() => page.evaluate("document.activeElement.closest('dialog') !== null")).toBe(true);
    await page.keyboard.press("Escape");
    await expect.poll(() => redrive.evaluate((node) => node === node.ownerDocument.activeElement)).toBe(true);
    await page.context().close();
  });

  it("a message list that was scrolled by mouse has a row that Tab stops at", async () => {
    const { page } = await openPage(browser, server.address);
    await goTo(page, "Messages");
    await page.getByRole("option").first().focus();
    await page.getByRole("listbox").evaluate((node) => node.scrollTo(0, 3_000));
    await expect.poll(() => page.locator("[role=option][tabindex='0']").count()).toBe(1);
    await expect.poll(() => page.getByRole("option", { name: "message-199" }).count()).toBe(0);
    await page.getByRole("button", { name: "Find", exact: true }).focus();
    await page.keyboard.press("Tab");
    await expect.poll(() => page.evaluate("document.activeElement.getAttribute('role')")).toBe("option");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.evaluate("document.activeElement.getAttribute('role')")).toBe("option");
    await page.context().close();
  });

  it("the focus stays in a dialog while it heals, and then goes to what was healed", async () => {
    const own = await startMadeUp();
    const { page } = await openPage(browser, own.address);
    const place = () =>
      page.evaluate(
        "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()",
      );
    await goTo(page, "Dead letters");
    await page.getByRole("link", { name: "ACCOUNT_UNKNOWN" }).click();
    await page.getByRole("option").first().press("Enter");
    await page.getByRole("button", { name: "Redrive it…" }).press("Enter");
    await page.getByRole("button", { name: "Redrive 1 now" }).press("Enter");
    await page.getByRole("dialog").getByText("1 sent back").waitFor();
    await expect.poll(place).toBe("Close");
    await page.getByText("It has left the dead-letter queue.").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(place).toMatch(/^ACCOUNT_UNKNOWN/);

    await page.getByRole("button", { name: "Discard the whole group…" }).press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Reason" }).fill("sent by a test of the producer");
    await dialog.getByRole("button", { name: "Dry run" }).press("Enter");
    await dialog.getByText("7 would be discarded.").waitFor();
    await expect.poll(place).toBe("Dry run");
    await dialog.getByRole("button", { name: "Discard 7 now" }).press("Enter");
    await dialog.getByText("7 discarded.").waitFor();
    await expect.poll(place).toBe("Close");
    await page.getByText("None are left.").waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(place).toBe("ACCOUNT_UNKNOWN ReserveCredit");
    await page.context().close();
    await own.stop();
  });

  it("the theme follows the system until it is chosen, and the choice is kept", async () => {
    const { page } = await openPage(browser, server.address, { colorScheme: "dark" });
    const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const dark = await ground();
    await page.getByRole("button", { name: /^Theme: system/ }).click();
    await page.getByRole("button", { name: /^Theme: light/ }).waitFor();
    expect(await ground()).not.toBe(dark);
    await page.reload();
    await page.getByRole("button", { name: /^Theme: light/ }).waitFor();
    expect(await ground()).not.toBe(dark);
    await page.context().close();
  });
});

function focused(page: Page): Promise<unknown> {
  return page.evaluate("document.activeElement.getAttribute('aria-label')");
}

/** Controls that a screen reader could only call "button". */
const nameless = `
  [...document.querySelectorAll("button, a[href], input, select, textarea, [role=button], [role=option], dialog, section[aria-labelledby]")]
    .filter((node) => {
      const byIds = (node.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "");
      const labels = [...(node.labels ?? [])].map((label) => label.textContent);
      const texts = [node.getAttribute("aria-label"), ...byIds, ...labels, node.textContent];
      return !texts.some((text) => (text ?? "").trim() !== "");
    })
    .map((node) => node.outerHTML.slice(0, 200))
`;

const doubledIds = `
  [...Map.groupBy(document.querySelectorAll("[id]"), (node) => node.id)]
    .filter(([, nodes]) => nodes.length > 1)
    .map(([id]) => id)
`;

/** Texts with less contrast to their ground than WCAG 2.2 asks for: 4.5, and 3 for large ones. Disabled controls are exempt. */
const faint = `(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) =>
    [r, g, b].map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0);
  const groundOf = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const [r, g, b, a] = rgba(getComputedStyle(at).backgroundColor);
      if (a > 250) return [r, g, b];
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *")]
    .filter((node) => !node.closest("svg, [disabled], .unseen, .skip, noscript, title"))
    .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim() !== ""))
    .filter((node) => node.checkVisibility())
    .map((node) => {
      const style = getComputedStyle(node);
      const [high, low] = [luminance(rgba(style.color)), luminance(groundOf(node))].sort((a, b) => b - a);
      const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && Number(style.fontWeight) >= 600);
      return { ratio: (high + 0.05) / (low + 0.05), needed: large ? 3 : 4.5, node };
    })
    .filter(({ ratio, needed }) => ratio < needed)
    .map(({ ratio, node }) => ratio.toFixed(2) + " " + node.outerHTML.slice(0, 120));
})()`;
