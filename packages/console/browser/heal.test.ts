// A redrive or discard in the dialog and beside it: what its dry run listed, one click, one run, found again. The data are made up.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job } from "../src/api/dead-letter.ts";
import type { Source } from "../src/data/source.ts";
import { goTo, openPage, startChromium } from "./chromium.ts";
import { startMadeUp } from "./made-up.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

describe.each(["Redrive", "Discard"])("%s", (verb) => {
  it("names its dry run once for a double click, and says that it has begun before the answer comes", async () => {
    const asked: unknown[] = [];
    const slow = (source: Source): Source => {
      const { deadLetters } = source;
      const noted = async <Request, Answer>(request: Request, answer: (one: Request) => Promise<Answer>) => {
        asked.push(request);
        await new Promise((resolve) => setTimeout(resolve, 600));
        return answer(request);
      };
      return {
        ...source,
        deadLetters: {
          ...deadLetters,
          redrive: (request) => noted(request, deadLetters.redrive),
          discard: (request) => noted(request, deadLetters.discard),
        },
      };
    };
    const { page, stop } = await openAll({ deadLetters: 10, change: slow });
    const dialog = await dryRun(page, verb);
    const now = dialog.getByRole("button", { name: new RegExp(`${verb} \\d+ now`) });
    await now.waitFor();
    await now.dblclick({ delay: 0 });
    expect(await dialog.getByRole("button", { name: verb, exact: true }).isDisabled()).toBe(true);
    await dialog.getByText(/^\d+ (sent back|discarded)/).waitFor();
    expect(asked).toMatchObject([
      { dryRun: true, selection: { all: true } },
      { dryRun: false, job: "job-1" },
    ]);
    await stop();
  });

  it("says what could not be read, and how many of the dry run are gone", async () => {
    const unread = ["ReserveCredit: 3 are held by another reader"];
    const partial = (job: Job | undefined): Job | undefined =>
      job && { ...job, unread, ...(!job.dryRun && { untouched: 2 }) };
    const change = (source: Source): Source => {
      const { deadLetters } = source;
      const watch: Source["watch"] = (tell) => source.watch((event) => event.kind !== "job" && tell(event));
      return {
        ...source,
        watch,
        deadLetters: { ...deadLetters, job: async (id) => partial(await deadLetters.job(id)) },
      };
    };
    const { page, stop } = await openAll({ deadLetters: 4, change });
    const dialog = await dryRun(page, verb);
    await dialog.getByText("Not all dead letters could be read.").waitFor();
    await dialog.getByText("Not known (1)").click();
    await dialog.getByText(unread[0] ?? "").waitFor();
    await dialog.getByRole("button", { name: new RegExp(`${verb} \\d+ now`) }).click();
    await dialog.getByText("2 of the dry run were not found any more").waitFor();
    await stop();
  });

  it("that runs is found again after a reload, and its end is said", async () => {
    const { page, stop } = await openAll({ deadLetters: 2_000 });
    const dialog = await dryRun(page, verb);
    await dialog.getByRole("button", { name: new RegExp(`${verb} \\d+ now`) }).click();
    await dialog.getByText(/Working: \d+ of 2000/).waitFor();
    await page.reload();
    const running = page.getByRole("list", { name: "Redrives and discards" });
    await running.getByText(/Working: \d+ of 2000/).waitFor();
    await running.getByText(/^\d+ (sent back|discarded)/).waitFor();
    await stop();
  });
});

async function openAll(options: Parameters<typeof startMadeUp>[0]) {
  const server = await startMadeUp(options);
  const { page } = await openPage(browser, server.address);
  await goTo(page, "Dead letters");
  const stop = async () => {
    await page.context().close();
    await server.stop();
  };
  return { page, stop };
}

async function dryRun(page: Page, verb: string) {
  await page.getByRole("button", { name: `${verb} all dead letters…` }).click();
  const dialog = page.getByRole("dialog");
  if (verb === "Discard") {
    await dialog.getByRole("textbox", { name: "Reason" }).fill("a test of ours");
    await dialog.getByRole("button", { name: "Dry run" }).click();
  }
  return dialog;
}
