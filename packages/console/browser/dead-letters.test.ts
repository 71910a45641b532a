// Dead letters: looked at, edited, redriven, discarded. The data are made up.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConsoleServer } from "../src/server/server.ts";
import { goTo, openPage, startChromium } from "./chromium.ts";
import { startMadeUp } from "./made-up.ts";

let browser: Browser;
let server: ConsoleServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([startChromium(), startMadeUp()]);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

async function openFirst(page: Page, group: string): Promise<void> {
  await goTo(page, "Dead letters");
  await page.getByRole("link", { name: group }).click();
  await page.getByRole("option").first().click();
  await page.getByRole("region", { name: "What the evidence says" }).waitFor();
}

describe("dead letters", () => {
  it("shows a payload only when it is asked for, with its secrets masked", async () => {
    const { page, requests } = await openPage(browser, server.address);
    await openFirst(page, "ACCOUNT_UNKNOWN");
    expect(requests.filter((url) => url.includes("payload"))).toEqual([]);
    await page.getByRole("button", { name: "Show the payload" }).click();
    const payload = page.getByRole("textbox", { name: "Payload" });
    expect(await payload.inputValue()).toContain('"card": "***/card"');
    await page.getByText("1 secret is masked: /card").waitFor();
    await page.context().close();
  });

  it("shows the schema's error beside its field, and sends the data once they are right", async () => {
    const { page } = await openPage(browser, server.address);
    await openFirst(page, "SCHEMA_INVALID");
    const count = () => page.getByRole("option").count();
    const before = await count();
    await page.getByRole("button", { name: "Edit its data" }).click();
    const form = page.getByRole("form", { name: "Edit its data" });
    const send = form.getByRole("button", { name: "Send the corrected message" });
    await form.getByRole("button", { name: "Check" }).click();
    const total = form.getByRole("textbox", { name: "total" });
    await expect.poll(() => total.getAttribute("aria-invalid")).toBe("true");
    expect(await describedBy(page, total)).toContain("expected number");
    expect(await send.isDisabled()).toBe(true);
    await form.getByRole("button", { name: "/total" }).click();
    expect(await total.evaluate((node) => node === node.ownerDocument.activeElement)).toBe(true);

    await total.fill("21");
    await form.getByRole("button", { name: "Check" }).click();
    await form.getByText("Would be superseded by new-1.").waitFor();
    await send.click();
    await page.getByText("Superseded by new-1, which is sent. Follow the new message").waitFor();
    await page.reload();
    await expect.poll(count).toBe(before - 1);
    await page.context().close();
  });

  it("redrives a group: dry run first, then with progress, and tells another page", async () => {
    const { page } = await openPage(browser, server.address);
    const { page: other } = await openPage(browser, server.address);
    await goTo(other, "Dead letters");
    await goTo(page, "Dead letters");
    await page.getByRole("link", { name: "RECEIVES_EXHAUSTED" }).click();
    await page.getByRole("button", { name: "Redrive the whole group…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/7 would be sent back, 1 would be removed|would be sent back/).waitFor();
    const redrive = dialog.getByRole("button", { name: /Redrive \d+ now/ });
    await redrive.click();
    await dialog.getByText(/^\d+ sent back/).waitFor();
    await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
    await page.getByText("None are left.").waitFor();
    await expect.poll(() => other.getByRole("link", { name: "RECEIVES_EXHAUSTED" }).count()).toBe(0);
    await Promise.all([page.context().close(), other.context().close()]);
  });

  it("discards chosen ones only with a reason", async () => {
    const { page } = await openPage(browser, server.address);
    await goTo(page, "Dead letters");
    await page.getByRole("link", { name: "ADDRESS_UNKNOWN" }).click();
    await page.getByRole("checkbox").nth(0).click();
    await page.getByRole("checkbox").nth(1).click();
    await page.getByText("Redrive 2 chosen…").waitFor();
    await page.getByRole("button", { name: "Discard 2 chosen…" }).click();
    const dialog = page.getByRole("dialog");
    const dryRun = dialog.getByRole("button", { name: "Dry run" });
    expect(await dryRun.isDisabled()).toBe(true);
    await dialog.getByRole("textbox", { name: "Reason" }).fill("sent by a test of the producer");
    await dryRun.click();
    await dialog.getByText("2 would be discarded.").waitFor();
    await dialog.getByRole("button", { name: "Discard 2 now" }).click();
    await dialog.getByText("2 discarded.").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByRole("option").count()).toBe(6);
    await page.context().close();
  });

  it("changes nothing where it may only read, and still does dry runs", async () => {
    const readOnly = await startMadeUp({ mayChange: false });
    const { page } = await openPage(browser, readOnly.address);
    await page.getByText("read-only").waitFor();
    await openFirst(page, "ACCOUNT_UNKNOWN");
    expect(await page.getByRole("button", { name: "Discard it…" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Redrive it…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/would be sent back/).waitFor();
    expect(await dialog.getByRole("button", { name: /Redrive 1 now/ }).isDisabled()).toBe(true);
    await page.context().close();
    await readOnly.stop();
  });
});

async function describedBy(page: Page, input: ReturnType<Page["getByRole"]>): Promise<string> {
  const ids = (await input.getAttribute("aria-describedby"))?.split(" ") ?? [];
  const texts = await Promise.all(ids.map((id) => page.locator(`[id="${id}"]`).textContent()));
  return texts.join(" ");
}
