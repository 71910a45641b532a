// What a page must never do: run a message's text, ask another machine, break its own policy.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConsoleServer } from "../src/server/server.ts";
import { goTo, openPage, startChromium } from "./chromium.ts";
import { startMadeUp } from "./made-up.ts";

let browser: Browser;
let server: ConsoleServer;

const hostileText = `\u202e\u0000<script>window.ran = 1</script><img src="http://192.0.2.1/x.png" onerror="window.ran = 2">\u001b[31m`;
const hostile = `${hostileText}${"y".repeat(50_000)}`;

beforeAll(async () => {
  server = await startMadeUp({ change: hostileEverywhere });
  browser = await startChromium();
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

describe("the page", () => {
  it("shows hostile texts as text, asks no other machine, and breaks no rule of its content security policy", async () => {
    const { page, complaints, requests } = await openPage(browser, server.address);
    await everyView(page);
    expect(await page.evaluate("window.ran")).toBeUndefined();
    expect(await page.locator("main script, main img, main iframe, main object").count()).toBe(0);
    expect(requests.filter((url) => !url.startsWith(`${server.origin}/`))).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("is served with a policy without exceptions", async () => {
    const { page } = await openPage(browser, server.address);
    const response = await page.request.get(server.origin);
    const policy = response.headers()["content-security-policy"] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
    await page.context().close();
  });

  it("makes control characters visible", async () => {
    const { page } = await openPage(browser, server.address);
    await goTo(page, "Dead letters");
    const text = await page.getByRole("list").first().textContent();
    expect(text).toContain("\\u{202e}");
    expect(text).not.toContain("\u202e");
    await page.context().close();
  });
});

async function everyView(page: Page): Promise<void> {
  await goTo(page, "Flow");
  await page.getByRole("button", { name: /function of Credit/ }).click();
  await page.getByRole("button", { name: "Table", exact: true }).click();
  await page.getByRole("table").waitFor();
  await goTo(page, "Messages");
  await page.getByRole("option").first().click();
  await page.getByRole("region", { name: "Its path" }).waitFor();
  await goTo(page, "Dead letters");
  await page.getByRole("list").first().getByRole("link").first().click();
  await page.getByRole("option").first().click();
  await page.getByRole("button", { name: "Show the payload" }).click();
  await page.getByRole("textbox", { name: "Payload" }).waitFor();
  await page.getByRole("button", { name: "Edit its data" }).click();
  await page.getByRole("form").waitFor();
  await page.getByRole("button", { name: "Redrive it…" }).click();
  await page
    .getByRole("dialog")
    .getByText(/would be/)
    .first()
    .waitFor();
  await page.keyboard.press("Escape");
  await goTo(page, "Trouble");
  await page.getByRole("button", { name: "Kill now" }).first().click();
  await goTo(page, "Now");
  await page.getByRole("heading", { name: /need you/ }).waitFor();
}

/** Whatever a message, an error or a name may hold, put into each answer. */
function hostileEverywhere(
  source: Parameters<NonNullable<Parameters<typeof startMadeUp>[0]>["change"] & {}>[0],
) {
  const { deadLetters } = source;
  return {
    ...source,
    async search(text: string) {
      const found = await source.search(text);
      return {
        ...found,
        messages: found.messages.map((one) => ({ ...one, type: hostile, partitionkey: hostile })),
      };
    },
    async message(asked: { readonly id: string; readonly source?: string }) {
      const path = await source.message(asked);
      const steps = path?.steps.map((step) => ({ ...step, text: hostile, code: hostile, detail: hostile }));
      return (
        path && {
          ...path,
          message: { ...path.message, type: hostile },
          steps: steps ?? [],
          missing: [hostile],
        }
      );
    },
    deadLetters: {
      ...deadLetters,
      async overview() {
        const overview = await deadLetters.overview();
        const groups = overview.groups.map((group) => ({
          ...group,
          code: hostile,
          place: hostile,
          consumer: hostile,
        }));
        return { ...overview, groups, unread: [hostile], missing: [hostile] };
      },
      async open(asked: { readonly key: string; readonly payload: boolean }) {
        const opened = await deadLetters.open(asked);
        if (!opened) return undefined;
        const schema = {
          type: "object",
          properties: { [hostileText]: { type: "string", description: hostileText } },
        };
        const payload = {
          text: JSON.stringify({ [hostileText]: hostile }),
          masked: [hostileText],
          cut: false,
        };
        return {
          ...opened,
          code: hostile,
          detail: hostile,
          evidence: hostile,
          schema,
          ...(asked.payload && { payload }),
        };
      },
    },
  };
}
