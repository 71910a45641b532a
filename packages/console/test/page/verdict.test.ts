// The verdict of the first view.

import { describe, expect, it } from "vitest";
import { verdictOf } from "../../src/page/now/verdict.ts";

const whole = { urgent: 0, isRead: true, hasFailed: false, isWhole: true };

describe("the verdict", () => {
  it("is good only when everything was read and nothing is urgent", () => {
    expect(verdictOf(whole)).toEqual({ text: "Nothing needs you", isGood: true });
  });

  it.each([
    ["before the first answers", { isRead: false }, "Looking…"],
    ["when the first answers failed", { isRead: false, hasFailed: true }, "Not everything could be read"],
    ["when a later read failed", { hasFailed: true }, "Nothing needs you, as far as could be read"],
    ["when something is missing", { isWhole: false }, "Nothing needs you, as far as could be read"],
    ["with one urgent thing", { urgent: 1 }, "1 thing needs you"],
    ["with urgent things, and a failed read", { urgent: 2, hasFailed: true }, "2 things need you"],
  ])("is not good %s", (_, changes, text) => {
    expect(verdictOf({ ...whole, ...changes })).toEqual({ text, isGood: false });
  });
});
