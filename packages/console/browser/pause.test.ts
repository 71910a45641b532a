// A consumer that is paused by hand and resumed, and what is scheduled. The data are made up.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConsoleServer } from "../src/server/server.ts";
import { goTo, openPage, startChromium } from "./chromium.ts";
import { startMadeUp } from "./made-up.ts";

let browser: Browser;
let server: ConsoleServer;
let readOnly: ConsoleServer;

beforeAll(async () => {
  [browser, server, readOnly] = await Promise.all([
    startChromium(),
    startMadeUp(),
    startMadeUp({ mayChange: false }),
  ]);
});
afterAll(async () => {
  await browser.close();
  await Promise.all([server.stop(), readOnly.stop()]);
});

describe("a consumer", () => {
  it("is paused with a reason, shown as paused on the first view, and resumed", async () => {
    const { page, complaints } = await openPage(browser, server.address);
    await goTo(page, "Flow");
    await page.getByRole("button", { name: /^ReserveCredit, function of Credit/ }).click();
    const panel = page.getByRole("complementary");
    await panel.getByRole("button", { name: "Pause", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Pause ReserveCredit" });
    expect(await dialog.getByRole("button", { name: "Pause now" }).isDisabled()).toBe(true);
    await dialog.getByRole("textbox", { name: "Reason" }).fill("the bank is down");
    await dialog.getByRole("button", { name: "Pause now" }).click();
    await panel.getByText("ReserveCredit is paused.").waitFor();
    await panel.getByText(/Paused by hand.*the bank is down/).waitFor();
    await goTo(page, "Now");
    const row = page.getByRole("row", { name: /^ReserveCredit/ });
    await row.getByText("paused").waitFor();
    await row.getByRole("link", { name: "ReserveCredit" }).click();
    await panel.getByRole("button", { name: "Resume", exact: true }).click();
    await panel.getByText("ReserveCredit receives messages again.").waitFor();
    await panel.getByRole("button", { name: "Pause", exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("has no such button where the console only reads", async () => {
    const { page } = await openPage(browser, readOnly.address);
    await goTo(page, "Flow");
    await page.getByRole("button", { name: /^ReserveCredit, function of Credit/ }).click();
    await page.getByRole("complementary").getByRole("heading", { name: "ReserveCredit" }).waitFor();
    expect(await page.getByRole("button", { name: "Pause", exact: true }).count()).toBe(0);
    await page.context().close();
  });
});

describe("a message", () => {
  it("shows its schedule, the effects of its consumers, and the processes of its flow", async () => {
    const { page } = await openPage(browser, server.address);
    await page
      .getByRole("searchbox", { name: "Find a message by its id, key or correlation id" })
      .fill("order-3");
    await page.keyboard.press("Enter");
    await page.getByRole("option", { name: /orders.shipped.v1/ }).click();
    const steps = page.getByRole("region", { name: "Its path" }).getByRole("listitem");
    await steps.filter({ hasText: /scheduled.*it waits/ }).waitFor();
    await steps.filter({ hasText: /effect.*its result is recorded/ }).waitFor();
    const processes = page.getByRole("list", { name: "Processes" });
    expect(await processes.getByRole("listitem").textContent()).toMatch(/settle-order order-3 approved.*due/);
    await page.context().close();
  });
});
