import { spawnSync } from "node:child_process";
import { afterEach, expect, it, vi } from "vitest";
import { environment, environmentNumber } from "../src/core/environment.ts";

afterEach(() => vi.unstubAllEnvs());

it("names the variable that is missing or empty", () => {
  vi.stubEnv("SOME_TABLE", "");
  expect(() => environment("SOME_TABLE")).toThrow(
    "The environment must have SOME_TABLE, set by this function's construct",
  );
});

it("a process that starts without several names them all, also those of other modules", () => {
  const code = `
    import { environment, environmentNumber } from "@essentially-once/messaging/environment";
    import { rows } from "@essentially-once/messaging/rows";
    const url = URL.parse(environment("SHOP_URL"));
    environmentNumber("SHOP_COUNT", { min: 1, max: 10 });
    rows();
    process.on("beforeExit", () => console.log("it runs"));`;
  const { status, stderr, stdout } = started(code);
  expect(stderr).toContain("The environment must have SHOP_URL, SHOP_COUNT, EVIDENCE_TABLE, set by");
  expect([status, stdout]).toEqual([1, ""]);
});

it("a handler that is made without them fails its module, so Lambda reports all of them as the error of the start", () => {
  const code = `
    import { atMostOnce } from "@essentially-once/messaging/at-most-once";
    import { consumer } from "@essentially-once/messaging/consumer";
    import { contract } from "@essentially-once/messaging/contract";
    import { idempotency } from "@essentially-once/messaging/idempotency";
    const accepts = [{ type: "a.b.v1", types: ["a.b.v1"] }];
    try {
      consumer(contract({ name: "a-b", accepts }))
        .use(idempotency({ evidence: atMostOnce() }))
        .handler(async () => undefined);
    } catch ({ message }) {
      console.log(message);
    }`;
  const { status, stdout } = started(code);
  expect(stdout).toMatch(
    /^The environment must have EVIDENCE_TABLE, QUEUE_URL, DEAD_LETTER_QUEUE_URL, MAX_RECEIVE_COUNT, set by/,
  );
  expect(status).toBe(0);
});

function started(code: string) {
  const options = { encoding: "utf8", env: { PATH: process.env.PATH } } as const;
  return spawnSync(process.execPath, ["--input-type=module", "--eval", code], options);
}

it.each(["0", "1001", "2.5", "five"])("names variable, value and range for %s", (value) => {
  vi.stubEnv("SOME_COUNT", value);
  expect(() => environmentNumber("SOME_COUNT", { min: 1, max: 1_000 })).toThrow(
    `SOME_COUNT must be a whole number from 1 to 1000, got "${value}"`,
  );
});
