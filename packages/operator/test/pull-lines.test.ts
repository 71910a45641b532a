// The values of items, as `npm run dlq -- pull --values` and the console show them.
import { expect, test } from "vitest";
import { valueText } from "../src/dead-letters/pull-lines.ts";

test("sets are lists and bytes are base64, at any depth", () => {
  const value = {
    names: new Set(["a", "b"]),
    inner: [{ bytes: new Uint8Array([0, 255]) }],
    count: "12345678901234567890",
  };
  expect(valueText(value)).toBe(
    '{"names":["a","b"],"inner":[{"bytes":"AP8="}],"count":"12345678901234567890"}',
  );
});
