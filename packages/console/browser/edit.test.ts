// An edit of a dead letter: what a person typed stays, and the form shows what it sends. The data are made up.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConsoleServer, startConsoleServer } from "../src/server/server.ts";
import { fixtureSource } from "../test/fixture/source.ts";
import { goTo, openPage, startChromium } from "./chromium.ts";
import { startMadeUp } from "./made-up.ts";

let browser: Browser;
let server: ConsoleServer;

const typed = '{"orderId":"typed for ten minutes"}';
const override = "user\u202egnp.exe";
const lines = [{ sku: "A", count: 1 }, { sku: "B", count: 2 }, { gift: "C" }].map((line) => ({ line }));
const schema = {
  type: "object",
  properties: {
    file: { type: "string" },
    lines: {
      type: "array",
      items: {
        type: "object",
        properties: { line: { anyOf: [{ type: "object" }, { type: "string" }] } },
        required: ["line"],
      },
    },
  },
  required: ["file", "lines"],
};
const sent: unknown[] = [];

beforeAll(async () => {
  [browser, server] = await Promise.all([startChromium(), startMadeUp({ change: withLines })]);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

describe("a typed edit", { timeout: 120_000 }, () => {
  it("survives another row, Back and the toggle, and goes when it is dropped", async () => {
    const { page } = await openPage(browser, server.address);
    const json = await openJson(page);
    await json.fill(typed);
    await page.getByRole("option").nth(1).click();
    await expect.poll(() => json.count()).toBe(0);
    await page.goBack();
    await asJson(page);
    await expect.poll(() => json.inputValue()).toBe(typed);
    await page.getByRole("button", { name: "Edit its data" }).click();
    await page.getByRole("button", { name: "Go on with your edit" }).click();
    await asJson(page);
    await expect.poll(() => json.inputValue()).toBe(typed);
    await goTo(page, "Now");
    await page.goBack();
    await page.getByRole("button", { name: "Drop my changes" }).click();
    await page.getByRole("button", { name: "Edit its data" }).click();
    await asJson(page);
    await expect.poll(() => json.inputValue()).toContain("lines");
    await page.context().close();
  });

  it("survives a new run of the server", async () => {
    const source = () => fixtureSource({ consumers: 5, messages: 50, deadLetters: 40 });
    const first = await startConsoleServer({ source: source() });
    const { page } = await openPage(browser, first.address);
    const json = await openJson(page);
    await json.fill(typed);
    await first.stop();
    await page.getByText("The server has stopped.").waitFor();
    const second = await startConsoleServer({ source: source(), port: Number(new URL(first.address).port) });
    await page.goto(second.address);
    await page.getByText("live", { exact: true }).waitFor();
    await expect.poll(() => page.getByText("The server has stopped.").count()).toBe(0);
    await page.getByRole("complementary").getByRole("listitem").first().waitFor();
    await openFirst(page);
    await asJson(page);
    await expect.poll(() => json.inputValue()).toBe(typed);
    await page.context().close();
    await second.stop();
  });

  it("asks before the page is left", async () => {
    const { page } = await openPage(browser, server.address);
    await (await openJson(page)).fill(typed);
    const asked = page.waitForEvent("dialog");
    await page.close({ runBeforeUnload: true });
    const dialog = await asked;
    expect(dialog.type()).toBe("beforeunload");
    await dialog.accept();
    await page.context().close();
  });
});

describe("the form", { timeout: 120_000 }, () => {
  it("of a list shows the entries that it sends after one was removed", async () => {
    const { page } = await openPage(browser, server.address);
    await openFirst(page);
    await page.getByRole("button", { name: "Edit its data" }).click();
    const form = page.getByRole("form", { name: "Edit its data" });
    await form.getByRole("button", { name: "Remove 1" }).click();
    const shown = () =>
      form.locator("textarea").evaluateAll((nodes) => nodes.map((node) => JSON.parse(node.value)));
    const left = lines.slice(1);
    await expect.poll(shown).toEqual(left.map(({ line }) => line));
    await form.getByRole("button", { name: "Check", exact: true }).click();
    await expect.poll(() => sent.at(-1)).toMatchObject({ lines: left });
    await page.context().close();
  });

  it("makes characters visible that turn a text around", async () => {
    const { page } = await openPage(browser, server.address);
    await openFirst(page);
    await page.getByRole("button", { name: "Edit its data" }).click();
    await page.getByText("user\\u{202e}gnp.exe").waitFor();
    await asJson(page);
    const text = await page.getByRole("textbox", { name: "Data as JSON" }).inputValue();
    expect(text).not.toContain("\u202e");
    expect(JSON.parse(text)).toMatchObject({ file: override });
    await page.context().close();
  });
});

async function openFirst(page: Page): Promise<void> {
  await goTo(page, "Dead letters");
  await page.getByRole("link", { name: "ACCOUNT_UNKNOWN" }).click();
  await page.getByRole("option").first().click();
  await page.getByRole("region", { name: "What the evidence says" }).waitFor();
}

async function openJson(page: Page) {
  await openFirst(page);
  await page.getByRole("button", { name: "Edit its data" }).click();
  await asJson(page);
  return page.getByRole("textbox", { name: "Data as JSON" });
}

function asJson(page: Page): Promise<void> {
  return page.getByRole("button", { name: "JSON", exact: true }).click();
}

function withLines(
  source: Parameters<NonNullable<NonNullable<Parameters<typeof startMadeUp>[0]>["change"]>>[0],
) {
  const { deadLetters } = source;
  return {
    ...source,
    deadLetters: {
      ...deadLetters,
      async open(asked: { readonly key: string; readonly payload: boolean }) {
        const opened = await deadLetters.open(asked);
        const payload = { text: JSON.stringify({ file: override, lines }), masked: [], cut: false };
        return opened && { ...opened, schema, ...(asked.payload && { payload }) };
      },
      async edit({ data }: { readonly data: string }) {
        sent.push(JSON.parse(data));
        return { dryRun: true, id: "x", supersededBy: "y", schemaChecked: true, text: "Would be sent." };
      },
    },
  };
}
