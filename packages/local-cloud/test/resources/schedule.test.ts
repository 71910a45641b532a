import { expect, test } from "vitest";
import { intervalMs } from "../../src/resources/schedule.ts";

test.each([
  ["rate(1 minute)", 60_000],
  ["rate(5 minutes)", 300_000],
  ["rate(1 hour)", 3_600_000],
  ["rate(2 days)", 172_800_000],
  ["cron(* * * * ? *)", 60_000],
  ["cron(0/15 * * * ? *)", 900_000],
  ["cron(*/5 * * * ? *)", 300_000],
])("%s is every %d ms", (expression, expected) => {
  expect(intervalMs(expression)).toBe(expected);
});

test.each([
  "rate(0 minutes)",
  "rate(1 week)",
  "cron(0/7 * * * ? *)",
  "cron(0 3 * * ? *)",
  "at(2030-01-01T00:00:00)",
])("%s is refused", (expression) => {
  expect(() => intervalMs(expression)).toThrow(`got ${expression}`);
});
