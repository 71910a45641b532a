// What the buttons of a view heal: no more than the view shows, whatever happens beside it.

import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ConsoleServer } from "../src/server/server.ts";
import { goTo, openPage, startChromium } from "./chromium.ts";
import { startMadeUp } from "./made-up.ts";

let browser: Browser;
let server: ConsoleServer;

beforeAll(async () => {
  browser = await startChromium();
});
beforeEach(async () => {
  server = await startMadeUp();
});
afterEach(() => server.stop());
afterAll(() => browser.close());

describe("the buttons of dead letters", { timeout: 120_000 }, () => {
  it("of one consumer count and heal its own alone", async () => {
    const { page } = await openPage(browser, server.address);
    await page.evaluate("location.hash = '#/dead-letters?consumer=ReserveCredit'");
    await page.getByRole("heading", { name: "Dead letters of ReserveCredit" }).waitFor();
    await page.getByText("8 dead letters in 1 group").waitFor();
    expect(await page.getByRole("button", { name: /all dead letters/ }).count()).toBe(0);
    await discard(page, "Discard all of ReserveCredit…", 8);
    await page.getByText("No dead letters.").waitFor();
    await page.getByRole("link", { name: "all consumers" }).click();
    await page.getByText("32 dead letters in 4 groups").waitFor();
    await page.context().close();
  });

  it("of a healed group keep its name and call nothing else empty", async () => {
    const { page } = await openPage(browser, server.address);
    await goTo(page, "Dead letters");
    await page.getByRole("link", { name: "ACCOUNT_UNKNOWN" }).click();
    await discard(page, "Discard the whole group…", 8);
    await page.getByText("None are left.").waitFor();
    await page.getByRole("heading", { name: "ACCOUNT_UNKNOWN ReserveCredit" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "This group" }).waitFor();
    await page.context().close();
  });

  it("stay with the chosen ones when another page heals them", async () => {
    const { page } = await openPage(browser, server.address);
    const { page: other } = await openPage(browser, server.address);
    for (const one of [page, other]) {
      await goTo(one, "Dead letters");
      await one.getByRole("link", { name: "ACCOUNT_UNKNOWN" }).click();
      await one.getByRole("checkbox").first().check();
      await one.getByRole("button", { name: "Redrive 1 chosen…" }).waitFor();
    }
    await discard(other, "Discard 1 chosen…", 1);
    await page.getByText("1 chosen one has left the queue").waitFor();
    expect(await page.getByRole("button", { name: "Redrive 0 chosen…" }).isDisabled()).toBe(true);
    expect(await page.getByRole("button", { name: /the whole group/ }).count()).toBe(0);
    await page.getByRole("button", { name: "choose none" }).click();
    await page.getByRole("button", { name: "Redrive the whole group…" }).waitFor();
    await Promise.all([page.context().close(), other.context().close()]);
  });
});

async function discard(page: Page, button: string, count: number): Promise<void> {
  await page.getByRole("button", { name: button }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Reason" }).fill("sent by a test of the producer");
  await dialog.getByRole("button", { name: "Dry run" }).click();
  await dialog.getByText(`${count} would be discarded.`).waitFor();
  await dialog.getByRole("button", { name: `Discard ${count} now` }).click();
  await dialog.getByText(`${count} discarded.`).waitFor();
  await page.keyboard.press("Escape");
}
