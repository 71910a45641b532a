// Makes the pictures of the console for README and docs/console.md, from a run of `npm start`:
//
//   node packages/console/browser/pictures.ts

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { goTo, openPage, startChromium } from "./chromium.ts";
import { startLocalCloud } from "./local-cloud.ts";

/** Looks the same on each machine that has one of these fonts. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  ${["system-ui", "sans", "sans-serif", "DejaVu Sans"].map((one) => preferring(one, ["Inter", "Liberation Sans"])).join("")}
  ${preferring("monospace", ["JetBrains Mono", "Liberation Mono"])}
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
</fontconfig>
`;

const QUANTIZE = ["--ext", ".png", "--force", "--strip", "--quality", "70-95"];
const SIZE = { width: 1_240, height: 720 };

/** Each opens what a picture shows. */
const views: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  async now(page) {
    await goTo(page, "Now");
    await page.getByRole("heading", { name: /need you/ }).waitFor();
  },
  async flow(page) {
    await goTo(page, "Flow");
    await page.getByRole("button", { name: /^ReserveCredit, function/ }).waitFor();
  },
  async message(page) {
    await goTo(page, "Flow");
    const redelivered = page.getByRole("complementary").getByRole("listitem");
    const killed = redelivered.filter({ hasText: /: delivery 2 after its process was killed/ });
    await killed.first().getByRole("link", { name: "follow" }).click();
    await page.getByRole("region", { name: "Its path" }).waitFor();
  },
  async "dead-letter"(page) {
    await goTo(page, "Dead letters");
    await page.getByRole("link", { name: "ACCOUNT_UNKNOWN" }).first().click();
    await page.getByRole("option").first().click();
    await page.getByRole("button", { name: "Edit its data" }).click();
    await page.getByRole("textbox", { name: "total" }).fill("-1");
    await page.getByRole("button", { name: "Check" }).click();
    await page.locator("[aria-invalid=true]").waitFor();
  },
};

const scratch = mkdtempSync(join(tmpdir(), "console-pictures-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
process.env.FONTCONFIG_FILE = join(scratch, "fonts.conf");
writeFileSync(process.env.FONTCONFIG_FILE, FONTS);
await makePictures();

async function makePictures(): Promise<void> {
  const cloud = await startLocalCloud(["--orders", "40", "--seed", "7", "--chaos", "0.2"]);
  const browser = await startChromium();
  try {
    await cloud.hasSaid("Repaired:"); // the last orders are still being processed
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await openPage(browser, cloud.address, {
        ...{ colorScheme, viewport: SIZE, reducedMotion: "reduce" },
      });
      for (const [name, open] of Object.entries(views)) {
        await open(page);
        await page.mouse.move(0, 0);
        await page.waitForTimeout(1_200); // counts come each second
        await page.screenshot({ path: `docs/console-${name}-${colorScheme}.png` });
        // Half as large, where it is installed; a picture is as good without it.
        spawnSync("pngquant", [...QUANTIZE, `docs/console-${name}-${colorScheme}.png`]);
        console.log(`docs/console-${name}-${colorScheme}.png`);
      }
      await page.context().close();
    }
  } finally {
    await browser.close();
    await cloud.stop();
  }
}

function preferring(family: string, fonts: readonly string[]): string {
  const preferred = fonts.map((font) => `<family>${font}</family>`).join("");
  return `<alias binding="same"><family>${family}</family><prefer>${preferred}</prefer></alias>`;
}
