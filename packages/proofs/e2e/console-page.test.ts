// The console's page of a deployed stage, in a real browser: its flow, and a dead letter that is looked at, run here and healed.
import { newId } from "@essentially-once/messaging/ids";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { goTo, openPage, startChromium } from "../../console/browser/chromium.ts";
import { type Deployed, deployed, eventually } from "./deployed.ts";
import { aConsole, type StartedConsole } from "./started-console.ts";

let system: Deployed;
let browser: Browser;
let consoles: readonly StartedConsole[] = [];
const customerId = `page-${newId()}`;
let orderId: string;

/** A synthesis, on a busy machine. */
const RUN_MS_MAX = 150_000;

beforeAll(async () => {
  system = await deployed();
  browser = await startChromium();
  const order = { customerId, shipTo: "Lisbon", lines: [{ sku: "lamp", quantity: 1, unitPrice: 100 }] };
  const { body } = await system.post("", order, { "idempotency-key": newId() });
  orderId = String(body.orderId);
  await eventually("it is parked", async () =>
    (await system.deadLetters("ReserveCreditDeadLetterQueueUrl", orderId)).at(0),
  );
  consoles = [await aConsole(), await aConsole("--allow-changes")];
});
afterAll(async () => {
  for (const one of consoles) one.stop();
  await browser?.close();
});

test("the flow of a stage is drawn with its counts, and who schedules among it", async () => {
  const { page, complaints } = await open(0);
  await page.getByText("read-only").waitFor();
  await page.getByRole("heading", { name: /needs? you/ }).waitFor();
  await page.getByRole("row", { name: /^ReserveCredit/ }).waitFor();
  await goTo(page, "Flow");
  await page.getByRole("button", { name: /^POST PlaceOrder/ }).waitFor();
  await page.getByRole("button", { name: /^ReserveCredit, dead-letter queue of Credit, \d+ dead/ }).waitFor();
  await page.getByRole("button", { name: /^SettleOrder, function of Orders/ }).click();
  const panel = page.getByRole("complementary");
  await panel.getByRole("link", { name: /^Schedules/ }).waitFor();
  await panel.getByText("orders.order-approved.v1").first().waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("G6: a console that only reads shows a dead letter with what a redrive would do, and does not do it", async () => {
  const { page } = await open(0);
  await openDeadLetter(page);
  await page.getByText("A redrive would send it back").waitFor();
  await page.getByRole("button", { name: "Redrive it…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("1 would be sent back.").waitFor();
  expect(await dialog.getByRole("button", { name: "Redrive 1 now" }).isDisabled()).toBe(true);
  await page.context().close();
});

test("G6: a dead letter is run here before and after its cause is fixed, and then sent back and followed", async () => {
  const { page, complaints } = await open(1);
  page.setDefaultTimeout(RUN_MS_MAX);
  await openDeadLetter(page);
  await page.getByRole("button", { name: "Run it here…" }).click();
  const dialog = page.getByRole("dialog", { name: "Run it on this machine" });
  await dialog.getByRole("button", { name: "Run it here" }).click();
  await dialog.getByText("would be parked again").waitFor();
  await dialog.getByText("ACCOUNT_UNKNOWN").waitFor();
  await system.put("CreditTable", { id: customerId, version: 1, limit: 1_000, available: 1_000 });
  await dialog.getByRole("button", { name: "Run it again" }).click();
  await dialog.getByText("acknowledged", { exact: true }).waitFor();
  await dialog.getByText("credit.credit-reserved.v1").waitFor();
  expect((await system.get("CreditTable", customerId))?.available).toBe(1_000);
  await dialog.getByRole("button", { name: "Send it back…" }).click();
  const redrive = page.getByRole("dialog", { name: "Redrive it" });
  await redrive.getByRole("button", { name: "Redrive 1 now" }).click();
  await redrive.getByText("1 sent back.").waitFor();
  await page.keyboard.press("Escape");
  await eventually("its credit is reserved", async () => {
    return (await system.get("CreditTable", customerId))?.available === 900;
  });
  await page.getByRole("searchbox", { name: /^Find a message/ }).fill(orderId);
  await page.keyboard.press("Enter");
  await page.getByRole("option", { name: /credit\.credit-reserved\.v1/ }).waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

function open(which: number) {
  return openPage(browser, consoles[which]?.address ?? "");
}

/** By the key of its order: others may be parked, too. */
async function openDeadLetter(page: Page): Promise<void> {
  await page.getByRole("searchbox", { name: /^Find a message/ }).fill(orderId);
  await page.keyboard.press("Enter");
  await page.getByRole("option", { name: /orders\.order-placed\.v1/ }).click();
  await page.getByRole("link", { name: "Open in dead letters" }).click();
  await page.getByRole("link", { name: "ACCOUNT_UNKNOWN" }).first().click();
  await page.getByRole("listbox", { name: "Dead letters" }).waitFor();
  await page.getByRole("option").first().click();
  await page.getByRole("region", { name: "What the evidence says" }).waitFor();
}
