import { globSync, readFileSync } from "node:fs";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext } from "@essentially-once/testing/lambda";
import { expect, it } from "vitest";
import type { MessageMiddleware } from "../src/commit/delivery.ts";
import { formerCodes, logUnderBoth } from "../src/observe/former-codes.ts";
import { observed } from "../src/receive/observed.ts";
import { authenticateOf } from "../src/trust/former-names.ts";

const former = [
  ["ATTEMPTS_UNAVAILABLE", "LEDGER_UNAVAILABLE"],
  ["LEASE_NOT_RELEASED", "LEASE_KEPT"],
  ["NOTHING_TO_DO", "NOTHING_ASKED"],
  ["OUTBOX_WRITE_FAILED", "KEEP_FAILED"],
  ["PRODUCER_UNKNOWN", "AUTHOR_UNKNOWN"],
] as const;

it("no other code has a former one", () => {
  expect([...formerCodes]).toEqual(former);
});

it.each(former)("%s is logged as %s, too, and counted once", async (code, former) => {
  const handler = observed("tested", [], async () => logUnderBoth("error", code, { rows: 1 }));
  const lines = await linesOf(() => handler({}, aContext()));
  const fields = { level: "ERROR", rows: 1 };
  expect(lines).toMatchObject([
    { code, ...fields },
    { code: former, ...fields },
    { code: "METRICS", ErrorsLogged: 1 },
  ]);
});

it("any other code is logged once", async () => {
  const lines = await linesOf(async () => logUnderBoth("info", "PROCESSED"));
  expect(lines.map(({ code }) => code)).toEqual(["PROCESSED"]);
});

it.each(former)("every line with the code %s is logged under both", (code) => {
  const files = globSync("packages/messaging/src/**/*.ts").filter((file) => {
    const text = readFileSync(file, "utf8");
    return new RegExp(`\\blog\\("\\w+", "${code}"`).test(text);
  });
  expect(files).toHaveLength(1);
  for (const file of files) expect(readFileSync(file, "utf8")).toContain("import { logUnderBoth as log }");
});

it("G4, G7: the kit calls `vouch` of a middleware that was written for the release before", () => {
  const vouch = async () => undefined;
  expect(authenticateOf({ vouch } as MessageMiddleware)).toBe(vouch);
  expect(authenticateOf({ vouch, authenticate: undefined } as unknown as MessageMiddleware)).toBe(vouch);
});
