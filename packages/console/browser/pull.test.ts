// A dead letter of a stage is run on this machine. The data are made up.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConsoleServer } from "../src/server/server.ts";
import { asStage } from "../test/fixture/pulls.ts";
import { goTo, openPage, startChromium } from "./chromium.ts";
import { startMadeUp } from "./made-up.ts";

let browser: Browser;
const servers: ConsoleServer[] = [];

beforeAll(async () => {
  const [started, ...made] = await Promise.all([
    startChromium(),
    startMadeUp({ change: asStage }),
    startMadeUp({ change: asStage, mayChange: false }),
    startMadeUp(),
  ]);
  browser = started;
  servers.push(...made);
});
afterAll(async () => {
  await browser.close();
  await Promise.all(servers.map((server) => server.stop()));
});

describe("a dead letter of a stage", () => {
  it("is run here: what that does, what it would commit, values only when asked for, and then sent back", async () => {
    const { page, complaints } = await openDeadLetter(servers[0]);
    await page.getByRole("button", { name: "Run it here…" }).click();
    const dialog = page.getByRole("dialog", { name: "Run it on this machine" });
    await dialog.getByText("nothing of the stage changes").waitFor();
    await dialog.getByRole("button", { name: "Run it here" }).click();
    await dialog.getByText("acknowledged", { exact: true }).waitFor();
    await dialog.getByText("CreditTable").waitFor();
    await dialog.getByText("credit.reserved.v1").waitFor();
    await dialog.getByText("api.example:443, refused").waitFor();
    expect(await dialog.textContent()).not.toContain("990");
    await dialog.getByRole("button", { name: "show the values" }).click();
    await dialog.getByText('"available":990').waitFor();
    await dialog.getByRole("button", { name: "Send it back…" }).click();
    const redrive = page.getByRole("dialog", { name: "Redrive it" });
    await redrive.getByRole("button", { name: "Redrive 1 now" }).click();
    await redrive.getByText("1 sent back.").waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("waits for a debugger until it is stopped, and is not sent back by a console that only reads", async () => {
    const { page } = await openDeadLetter(servers[1]);
    await page.getByRole("button", { name: "Run it here…" }).click();
    const dialog = page.getByRole("dialog", { name: "Run it on this machine" });
    await dialog.getByRole("checkbox", { name: "Wait for a debugger" }).check();
    await dialog.getByRole("button", { name: "Run it here" }).click();
    await dialog.getByText("ws://127.0.0.1:9229/x").waitFor();
    await dialog.getByRole("button", { name: "Stop" }).click();
    await dialog.getByText("Stopped: nothing of the stage was changed.").waitFor();
    await dialog.getByRole("checkbox", { name: "Wait for a debugger" }).uncheck();
    await dialog.getByRole("button", { name: "Run it again" }).click();
    await dialog.getByRole("button", { name: "Send it back…" }).click();
    const redrive = page.getByRole("dialog", { name: "Redrive it" });
    await redrive.getByText("This console is read-only").waitFor();
    expect(await redrive.getByRole("button", { name: "Redrive 1 now" }).isDisabled()).toBe(true);
    await page.context().close();
  });

  it("that runs is taken over after a reload, by its own dialog and by another's, and can be stopped", async () => {
    const { page } = await openDeadLetter(servers[0]);
    const runIt = page.getByRole("button", { name: "Run it here…" });
    const dialog = page.getByRole("dialog", { name: "Run it on this machine" });
    await runIt.click();
    await dialog.getByRole("checkbox", { name: "Wait for a debugger" }).check();
    await dialog.getByRole("button", { name: "Run it here" }).click();
    await dialog.getByText("ws://127.0.0.1:9229/x").waitFor();
    await page.reload();
    await page.getByRole("option").nth(1).click();
    await runIt.click();
    await dialog.getByText("Another dead letter is being run here").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("option").first().click();
    await runIt.click();
    await dialog.getByText("ws://127.0.0.1:9229/x").waitFor();
    expect(await dialog.getByText("Another dead letter").count()).toBe(0);
    await dialog.getByRole("button", { name: "Stop" }).click();
    await dialog.getByText("Stopped: nothing of the stage was changed.").waitFor();
    await page.context().close();
  });

  it("is stopped when its dialog is closed before it has begun", async () => {
    const stopped: string[] = [];
    const slow = await startMadeUp({
      change(source) {
        const { pulls, ...stage } = asStage(source);
        if (!pulls) return stage;
        const begin: typeof pulls.begin = async (request) => {
          await new Promise((resolve) => setTimeout(resolve, 500));
          return pulls.begin(request);
        };
        const interrupt: typeof pulls.interrupt = async (id) => {
          stopped.push(id);
          return pulls.interrupt(id);
        };
        return { ...stage, pulls: { ...pulls, begin, interrupt } };
      },
    });
    const { page } = await openDeadLetter(slow);
    await page.getByRole("button", { name: "Run it here…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Run it here" }).click();
    await page.keyboard.press("Escape");
    await expect.poll(() => stopped).toEqual(["pull-1"]);
    await page.context().close();
    await slow.stop();
  });

  it("has no such button in the local cloud, whose functions run here anyway", async () => {
    const { page } = await openDeadLetter(servers[2]);
    await page.getByRole("button", { name: "Redrive it…" }).waitFor();
    expect(await page.getByRole("button", { name: "Run it here…" }).count()).toBe(0);
    await page.context().close();
  });
});

async function openDeadLetter(
  server: ConsoleServer | undefined,
): Promise<{ page: Page; complaints: readonly string[] }> {
  const watched = await openPage(browser, server?.address ?? "");
  await goTo(watched.page, "Dead letters");
  await watched.page.getByRole("link", { name: "ACCOUNT_UNKNOWN" }).click();
  await watched.page.getByRole("option").first().click();
  await watched.page.getByRole("region", { name: "What the evidence says" }).waitFor();
  return watched;
}
