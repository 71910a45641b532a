// What a newcomer does with `npm start` and its page: watch an order go through a kill until it ships, correct a parked message, and
// redrive another one.

import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goTo, openPage, startChromium, type Watched } from "./chromium.ts";
import { type LocalCloud, startLocalCloud } from "./local-cloud.ts";

let browser: Browser;
let cloud: LocalCloud;
let watched: Watched;

/** After a kill, the visibility timeout passes before the next delivery. */
const HEALED_MS_MAX = 90_000;
/** Has an account in each run. */
const CUSTOMER = "customer-0001";

beforeAll(async () => {
  [browser, cloud] = await Promise.all([
    startChromium(),
    startLocalCloud(["--orders", "12", "--seed", "7", "--chaos", "0"]), // the only trouble is made in the page
  ]);
  watched = await openPage(browser, cloud.address);
  watched.page.setDefaultTimeout(HEALED_MS_MAX);
}, 200_000);
afterAll(async () => {
  await cloud?.stop();
  await browser?.close();
});

describe("npm start's console", { timeout: 240_000 }, () => {
  it("opens while orders run, and tells what happens", async () => {
    const { page } = watched;
    await page.getByText("live", { exact: true }).waitFor();
    await page.getByRole("heading", { name: /need you|needs you/ }).waitFor();
    await page.getByRole("complementary").getByRole("listitem").first().waitFor();
  });

  it("corrects a parked message: the schema's error is beside its field, and then its order ships", async () => {
    const { page } = watched;
    await cloud.hasSaid("Repaired:"); // it heals one of two by itself
    await openParked(page);
    await page.getByText("A redrive would send it back").waitFor();
    await page.getByRole("button", { name: "Edit its data" }).click();
    const form = page.getByRole("form", { name: "Edit its data" });
    const total = form.getByRole("textbox", { name: "total" });
    await total.fill("-1");
    await form.getByRole("textbox", { name: "customerId" }).fill(CUSTOMER);
    await form.getByRole("button", { name: "Check" }).click();
    await expect.poll(() => total.getAttribute("aria-invalid"), { timeout: 20_000 }).toBe("true");
    await total.fill("1200");
    await form.getByRole("button", { name: "Check" }).click();
    await form.getByRole("button", { name: "Send the corrected message" }).click();
    await page.getByRole("link", { name: "Follow the new message" }).click();
    await shippedInFlow(page);
  });

  it("redrives a parked order after its cause is repaired", async () => {
    const { page } = watched;
    const stranger = "a-stranger-of-the-console";
    await goTo(page, "Trouble");
    await page.getByRole("textbox", { name: "customerId" }).fill(stranger);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByRole("link", { name: "Follow it" }).waitFor();
    await openParked(page);
    await page.getByRole("button", { name: "Show the payload" }).click();
    const payload = await page.getByRole("textbox", { name: "Payload" }).inputValue();
    expect(JSON.parse(payload)).toMatchObject({ customerId: stranger });
    await openAccount(stranger);
    await page.getByRole("button", { name: "Redrive it…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("1 would be sent back.").waitFor();
    await dialog.getByRole("button", { name: "Redrive 1 now" }).click();
    await dialog.getByText("1 sent back.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("It has left the dead-letter queue.").waitFor();
    await page.getByRole("link", { name: "its path" }).click();
    await isProcessed(page);
  });

  it("follows an order from placed to shipped, through a kill", async () => {
    const { page } = watched;
    await goTo(page, "Trouble");
    const line = page
      .getByRole("listitem")
      .filter({ has: page.getByRole("link", { name: "ReserveCredit" }) });
    await line.getByRole("button", { name: "Kill now" }).click();
    await line.getByRole("status").filter({ hasText: /\w/ }).waitFor();
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByRole("link", { name: "Follow it" }).click();
    const path = page.getByRole("region", { name: "Its path" });
    await path.getByText("killed", { exact: true }).first().waitFor();
    await path.getByText("delivery 2", { exact: true }).first().waitFor();
    await path
      .getByText(/^(processed|duplicate absorbed)$/)
      .first()
      .waitFor();
    await shippedInFlow(page);
  });

  it("asked no other machine, and broke no rule of its content security policy", () => {
    const own = new URL(cloud.address).origin;
    expect(watched.requests.filter((url) => !url.startsWith(`${own}/`))).toEqual([]);
    expect(watched.complaints).toEqual([]);
  });
});

/** The one of a customer without an account: the other dead letters are garbage. */
async function openParked(page: Page): Promise<void> {
  await goTo(page, "Dead letters");
  await page.getByRole("link", { name: "ACCOUNT_UNKNOWN" }).first().click();
  await page.getByText(/^1 dead letter,/).waitFor();
  await page.getByRole("option").first().click();
}

/** Whether its order still ships, or was canceled by its time-out meanwhile, is up to how long the repair took. */
async function isProcessed(page: Page): Promise<void> {
  const path = page.getByRole("region", { name: "Its path" });
  await path.getByText("processed", { exact: true }).first().waitFor();
}

/** The open message's flow ends in a shipped order, and the journal's next reader is not waited for. */
async function shippedInFlow(page: Page): Promise<void> {
  const flow = page.getByRole("region", { name: "The flow that it belongs to" });
  await flow
    .getByRole("button", { name: /^shipping\.order-shipped\.v1/ })
    .first()
    .waitFor();
}

/** What `npm start` tells its reader to do. */
async function openAccount(id: string): Promise<void> {
  const { endpoints, outputs } = cloud.file;
  const table = Object.values(outputs).flatMap(({ CreditTable }) => CreditTable ?? [])[0];
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new DynamoDBClient({ endpoint: endpoints.dynamodb, region: "us-east-1", credentials });
  const cents = { N: "10000000" };
  const Item = { id: { S: id }, version: { N: "1" }, limit: cents, available: cents };
  await client.send(new PutItemCommand({ TableName: table, Item }));
  client.destroy();
}
