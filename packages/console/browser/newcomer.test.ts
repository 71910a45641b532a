// What a newcomer does with `npm start` and its page: watch an order go through a kill until it ships, correct a parked message, and
// redrive another one.
//
//   Each test has a page and customers of its own, and finds its own messages: nothing depends on the test before, nor on the
//   orders of the run. An order that a slow machine does not ship within its time-out is recalled, which is as good an end.

import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { goTo, openPage, startChromium, type Watched } from "./chromium.ts";
import { type LocalCloud, startLocalCloud } from "./local-cloud.ts";

let browser: Browser;
let cloud: LocalCloud;
let watched: Watched;
let page: Page;

/** After a kill, the visibility timeout passes before the next delivery. */
const HEALED_MS_MAX = 300_000;

beforeAll(async () => {
  [browser, cloud] = await Promise.all([
    startChromium(),
    startLocalCloud(["--orders", "3", "--seed", "7", "--chaos", "0"]), // the only trouble is made in the page
  ]);
}, 200_000);
afterAll(async () => {
  await cloud?.stop();
  await browser?.close();
});

beforeEach(async () => {
  watched = await openPage(browser, cloud.address);
  page = watched.page;
  page.setDefaultTimeout(HEALED_MS_MAX);
});
afterEach(async () => {
  await watched.page.context().close();
  const own = new URL(cloud.address).origin;
  expect(watched.requests.filter((url) => !url.startsWith(`${own}/`))).toEqual([]);
  expect(watched.complaints).toEqual([]);
});

describe("npm start's console asks no other machine, breaks no rule of its content security policy, and", {
  timeout: 900_000,
}, () => {
  it("opens while orders run, and tells what happens", async () => {
    await page.getByText("live", { exact: true }).waitFor();
    await page.getByRole("heading", { name: /need you|needs you/ }).waitFor();
    await page.getByRole("complementary").getByRole("listitem").first().waitFor();
  });

  it("corrects a parked message: the schema's error is beside its field, and then its order ships", async () => {
    await openAccount("a-customer-of-the-edit");
    await sendOrder("a-stranger-of-the-edit");
    await openParked();
    await page.getByText("A redrive would send it back").waitFor();
    await page.getByRole("button", { name: "Edit its data" }).click();
    const form = page.getByRole("form", { name: "Edit its data" });
    const total = form.getByRole("textbox", { name: "total" });
    await total.fill("-1");
    await form.getByRole("textbox", { name: "customerId" }).fill("a-customer-of-the-edit");
    await form.getByRole("button", { name: "Check" }).click();
    await page.locator("[aria-invalid=true]").and(total).waitFor();
    await total.fill("1200");
    await form.getByRole("button", { name: "Check" }).click();
    await form.getByRole("button", { name: "Send the corrected message" }).click();
    await page.getByRole("link", { name: "Follow the new message" }).click();
    await shippedInFlow();
  });

  it("redrives a parked order after its cause is repaired", async () => {
    const stranger = "a-stranger-of-the-redrive";
    await sendOrder(stranger);
    await openParked();
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
    await inPath("processed");
  });

  it("follows an order from placed to shipped, through a kill", async () => {
    await openAccount("a-customer-of-the-kill");
    await cloud.hasSaid("It stays up until Ctrl-C"); // the next delivery is of no other order
    await goTo(page, "Trouble");
    const line = page
      .getByRole("listitem")
      .filter({ has: page.getByRole("link", { name: "ReserveCredit" }) });
    await line.getByRole("button", { name: "Kill now" }).click();
    await line.getByText("Its next delivery is killed after its commit, before its answer.").waitFor();
    await sendOrder("a-customer-of-the-kill");
    await inPath("killed");
    await inPath("delivery 2");
    await inPath(/^(processed|duplicate absorbed)$/);
    await shippedInFlow();
  });
});

/** Places an order, and opens the message that says so. */
async function sendOrder(customerId: string): Promise<void> {
  await goTo(page, "Trouble");
  await page.getByRole("textbox", { name: "customerId" }).fill(customerId);
  await page.getByRole("textbox", { name: "shipTo" }).fill("1 Harbour Road, Lisbon");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByRole("link", { name: "Follow it" }).click();
  await page.getByRole("option", { name: /orders\.order-placed\.v1/ }).click();
  await page.getByRole("heading", { name: "orders.order-placed.v1" }).waitFor();
}

/** The dead letter of the open message. */
async function openParked(): Promise<void> {
  const link = page.getByRole("link", { name: "Open in dead letters" });
  await link.waitFor();
  const id = new URLSearchParams(new URL(page.url()).hash.split("?")[1]).get("id");
  await link.click();
  await page.getByRole("link", { name: "ACCOUNT_UNKNOWN" }).click();
  await page
    .getByRole("option")
    .filter({ has: page.getByRole("checkbox", { name: `Choose ${id}` }) })
    .click();
}

async function inPath(text: string | RegExp): Promise<void> {
  const path = page.getByRole("region", { name: "Its path" });
  await path.getByText(text, { exact: true }).first().waitFor();
}

/** The open message's flow ends well, and the journal's next reader is not waited for. */
async function shippedInFlow(): Promise<void> {
  const flow = page.getByRole("region", { name: "The flow that it belongs to" });
  await flow
    .getByRole("button", { name: /^(shipping\.order-shipped|orders\.order-recalled)\.v1/ })
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
