import { expect, test } from "vitest";
import {
  deadLetterRetentionDays,
  dedupWindowDays,
  evidenceDays,
  messageLifeDays,
  sourceRetentionDaysMax,
} from "../src/envelope/message-life.ts";

test("G2: evidence outlives a message that waits as long as it may, is redriven, and waits again", () => {
  const longest = messageLifeDays({
    sourceDays: sourceRetentionDaysMax,
    deadLetterDays: deadLetterRetentionDays,
  });
  expect(longest).toBe(48);
  expect(longest).toBeLessThan(dedupWindowDays);
});

test("G7: the age gate closes before evidence can be gone", () => {
  expect(dedupWindowDays).toBeLessThan(evidenceDays);
});
