// Changes that nobody tells the page, and reads that fail: it reads again by itself, and calls nothing well that it does not know.

import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Source } from "../src/data/source.ts";
import type { ConsoleServer } from "../src/server/server.ts";
import { goTo, openPage, startChromium } from "./chromium.ts";
import { startMadeUp } from "./made-up.ts";

let browser: Browser;
const servers: ConsoleServer[] = [];
const PATIENT = { timeout: 120_000 };

beforeAll(async () => {
  browser = await startChromium();
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
afterAll(() => browser.close());

describe("dead letters that nobody tells", PATIENT, () => {
  it("are shown when a dead-letter queue has another count", async () => {
    let parked = false;
    const { page } = await open((source) =>
      silent(source, { isParked: () => parked, isCounted: () => parked }),
    );
    const { page: other } = await openPage(browser, servers[0]?.address ?? "");
    await goTo(other, "Dead letters");
    await other.getByText("No dead letters.").waitFor();
    await wellOf(page).waitFor();
    parked = true;
    await page.getByRole("heading", { name: "5 things need you" }).waitFor(PATIENT);
    await other.getByRole("link", { name: "ACCOUNT_UNKNOWN" }).waitFor(PATIENT);
    await closed(page, other);
  });

  it("are shown on a stage after a while, also when the counts of SQS are late", async () => {
    let [parked, aheadMs] = [false, 0];
    const { page } = await open((source) => {
      const stage = silent(source, { isParked: () => parked, isCounted: () => false });
      const about = async () => ({ ...(await source.about()), target: "stage" as const, mayTrouble: false });
      const at = () => new Date(Date.now() + aheadMs).toISOString();
      return { ...stage, about, counts: async () => ({ ...(await stage.counts()), at: at() }) };
    });
    await wellOf(page).waitFor();
    await page.getByText("A stage does not tell what happens in it.").waitFor();
    expect(await page.getByText("Nothing happened yet.").count()).toBe(0);
    parked = true;
    aheadMs = 60_000;
    await page.getByRole("heading", { name: "5 things need you" }).waitFor(PATIENT);
    await closed(page);
  });
});

describe("a read that fails", PATIENT, () => {
  it("of counts and flow is never called well, is named, and heals by itself", async () => {
    let isDown = true;
    const whenUp = async <Value>(read: () => Promise<Value>) => {
      if (isDown) throw new Error("ExpiredToken");
      return read();
    };
    const { page } = await open((source) => {
      const quiet = silent(source, { isParked: () => false, isCounted: () => false });
      return { ...quiet, counts: () => whenUp(quiet.counts), flow: () => whenUp(quiet.flow) };
    });
    await page.getByRole("heading", { name: "Not everything could be read" }).waitFor(PATIENT);
    await page.getByText("ExpiredToken").waitFor(PATIENT);
    await page.getByText("not counted", { exact: true }).waitFor(PATIENT);
    expect(await page.locator(".good").count()).toBe(0);
    isDown = false;
    await wellOf(page).waitFor(PATIENT);
    await expect.poll(() => page.getByText("ExpiredToken").count(), PATIENT).toBe(0);
    await closed(page);
  });

  it("of one consumer's queues leaves its state open", async () => {
    const { page } = await open((source) => {
      const quiet = silent(source, { isParked: () => false, isCounted: () => false });
      return {
        ...quiet,
        async counts() {
          const { nodes, ...counted } = await quiet.counts();
          const others = Object.entries(nodes).filter(([id]) => !id.startsWith("Credit/ReserveCredit/"));
          const missing = ["The queues of ReserveCredit were not counted: AccessDenied."];
          return { ...counted, nodes: Object.fromEntries(others), missing };
        },
      };
    });
    await page.getByRole("heading", { name: "Nothing needs you, as far as could be read" }).waitFor(PATIENT);
    expect(await page.locator(".headline.good").count()).toBe(0);
    await page.getByRole("row", { name: /^ReserveCredit.*not counted/ }).waitFor();
    await goTo(page, "Flow");
    await page.getByRole("button", { name: /^ReserveCredit, queue of Credit.*not counted/ }).waitFor();
    await closed(page);
  });

  it("of dead letters shows no list as empty, and heals by itself", async () => {
    let isDown = true;
    const { page } = await open((source) => {
      const refused = async () => Promise.reject(new Error("TimeoutError"));
      const { overview, list } = source.deadLetters;
      return {
        ...source,
        watch: () => () => undefined,
        deadLetters: {
          ...source.deadLetters,
          overview: () => (isDown ? refused() : overview()),
          list: (asked) => (isDown ? refused() : list(asked)),
        },
      };
    });
    const { page: other } = await openPage(browser, servers[0]?.address ?? "");
    await goTo(page, "Dead letters");
    await page.getByText("TimeoutError").waitFor(PATIENT);
    await other.evaluate("location.hash = '#/dead-letters?all=yes'");
    await other.getByText("TimeoutError").waitFor(PATIENT);
    for (const one of [page, other]) expect(await one.locator(".good").count()).toBe(0);
    isDown = false;
    await page.getByRole("link", { name: "ACCOUNT_UNKNOWN" }).waitFor(PATIENT);
    await other.getByRole("option").first().waitFor(PATIENT);
    await closed(page, other);
  });
});

interface Silent {
  readonly isParked: () => boolean;
  readonly isCounted: () => boolean;
}

/** Tells nothing, and has nothing urgent but its dead letters. */
function silent(source: Source, { isParked, isCounted }: Silent): Source {
  const { deadLetters } = source;
  return {
    ...source,
    watch: () => () => undefined,
    async counts() {
      const { nodes, ...counted } = await source.counts();
      const plain = Object.entries(nodes).map(([id, { paused: _none, dead, ...own }]) => {
        const shown = dead === undefined ? own : { dead: isCounted() ? dead : 0 };
        return [id, shown] as const;
      });
      return { ...counted, nodes: Object.fromEntries(plain), dead: 0 };
    },
    deadLetters: {
      ...deadLetters,
      async overview() {
        const overview = await deadLetters.overview();
        return isParked() ? overview : { ...overview, total: 0, groups: [], underWay: [] };
      },
    },
  };
}

async function open(change: (source: Source) => Source) {
  const server = await startMadeUp({ change });
  servers.push(server);
  return openPage(browser, server.address);
}

function wellOf(page: Page) {
  return page.locator(".headline.good").getByRole("heading", { name: "Nothing needs you", exact: true });
}

function closed(...pages: readonly Page[]) {
  return Promise.all(pages.map((page) => page.context().close()));
}
