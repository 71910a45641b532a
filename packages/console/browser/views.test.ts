// The views of the console, each as a reader meets it. The data are made up.

import type { Browser } from "playwright-core";
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

describe("the console", () => {
  it("opens on what is most urgent, with the state of each consumer", async () => {
    const { page } = await openPage(browser, server.address);
    await page.getByRole("heading", { name: "5 things need you" }).waitFor();
    const urgent = page.getByRole("region", { name: "Most urgent" }).getByRole("listitem");
    expect(await urgent.first().textContent()).toContain("ACCOUNT_UNKNOWN");
    expect(await page.getByRole("table").getByRole("row").count()).toBe(6);
    await urgent.first().getByRole("link").click();
    await page.getByRole("heading", { name: "ACCOUNT_UNKNOWN ReserveCredit" }).waitFor();
    await page.context().close();
  });

  it("takes the token out of the address, and keeps the view when it is reloaded", async () => {
    const { page } = await openPage(browser, server.address);
    expect(page.url()).not.toContain("token");
    await goTo(page, "Flow");
    await page.reload();
    await page.getByRole("heading", { name: "Flow", exact: true }).waitFor();
    await page.getByText("live", { exact: true }).waitFor();
    await page.context().close();
  });

  it("says where the token is when it has none, or one of an earlier run", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(server.origin);
    await page.getByRole("heading", { name: "Open the address that the terminal printed" }).waitFor();
    await page.goto(`${server.origin}/#token=of-an-earlier-run`);
    await page.reload();
    await page.getByRole("heading", { name: "Open the address that the terminal printed" }).waitFor();
    await page.evaluate(`location.hash = "token=${server.token}"`);
    await page.getByRole("heading", { name: "5 things need you" }).waitFor();
    await context.close();
  });

  it("shows the flow with live numbers, one node in full, and the same as a table", async () => {
    const { page } = await openPage(browser, server.address);
    await goTo(page, "Flow");
    const node = page.getByRole("button", { name: /^ReserveCredit, function of Credit/ });
    await node.click();
    const panel = page.getByRole("complementary");
    await panel.getByRole("heading", { name: "ReserveCredit" }).waitFor();
    await panel.getByRole("button", { name: "Kill now" }).click();
    await panel.getByText("kill: done").waitFor();
    await page.getByRole("button", { name: "Table", exact: true }).click();
    const row = page.getByRole("row", { name: /^SettleOrder queue/ });
    await row.waitFor();
    const before = await row.textContent();
    await expect.poll(() => row.textContent()).not.toBe(before);
    await page.context().close();
  });

  it("collapses a service, and filters by text", async () => {
    const { page } = await openPage(browser, server.address);
    await goTo(page, "Flow");
    const settle = page.getByRole("button", { name: /^SettleOrder, queue of Orders/ });
    await settle.waitFor();
    await page.getByRole("checkbox", { name: "Orders" }).click();
    await page.getByRole("button", { name: /^Orders, service of Orders/ }).waitFor();
    expect(await settle.count()).toBe(0);
    await page.getByRole("searchbox", { name: /^Filter the flow/ }).fill("ship");
    await expect.poll(() => page.getByRole("button", { name: / of Credit/ }).count()).toBe(0);
    await page.getByRole("button", { name: /^ShipOrder, queue of Shipping/ }).waitFor();
    await page.context().close();
  });

  it("finds a message, shows its path through a kill, and the flow that it belongs to", async () => {
    const { page } = await openPage(browser, server.address);
    await page
      .getByRole("searchbox", { name: "Find a message by its id, key or correlation id" })
      .fill("order-3");
    await page.keyboard.press("Enter");
    await page.getByRole("option", { name: /orders.shipped.v1/ }).click();
    await page.getByRole("heading", { name: "orders.shipped.v1" }).waitFor();
    const steps = page.getByRole("region", { name: "Its path" }).getByRole("listitem");
    expect(await steps.count()).toBe(7);
    expect(await steps.nth(2).textContent()).toMatch(/killed.*delivery 1.*process 4711/);
    expect(await steps.nth(3).textContent()).toMatch(/duplicate absorbed.*delivery 2/);
    const flow = page.getByRole("region", { name: "The flow that it belongs to" });
    await expect.poll(() => flow.getByRole("button", { name: /deliveries/ }).count()).toBe(4);
    await flow.getByRole("button", { name: /^orders.order-placed.v1/ }).click();
    await page.getByRole("heading", { name: "orders.order-placed.v1" }).waitFor();
    await page.context().close();
  });

  it("follows two pages at once", async () => {
    const [one, other] = await Promise.all([
      openPage(browser, server.address),
      openPage(browser, server.address),
    ]);
    for (const { page } of [one, other]) {
      await page.getByText("live", { exact: true }).waitFor();
      await page.getByRole("complementary").getByRole("listitem").first().waitFor();
    }
    expect([...one.complaints, ...other.complaints]).toEqual([]);
    await Promise.all([one.page.context().close(), other.page.context().close()]);
  });

  it("sends a message from a form of its schema", async () => {
    const { page } = await openPage(browser, server.address);
    await goTo(page, "Trouble");
    await page.getByRole("textbox", { name: "total" }).fill("17");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByRole("link", { name: "Follow it" }).click();
    await page.getByRole("heading", { name: "Messages", exact: true }).waitFor();
    expect(page.url()).toContain("q=order-1");
    await page.context().close();
  });
});
