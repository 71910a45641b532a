import { App } from "aws-cdk-lib";
import { expect, test } from "vitest";
import { readSeconds, readUrl } from "../src/config/settings.ts";

const nodeWith = (context: Record<string, unknown>) => new App({ context }).node;

test.each([
  [undefined, "https://carrier.example.com"],
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
  ["https://carrier.test/api/", "https://carrier.test/api"],
])("the URL %s is read without a trailing slash", (url, read) => {
  const node = nodeWith(url === undefined ? {} : { url });
  expect(readUrl(node, "url", "https://carrier.example.com")).toBe(read);
});

test.each(["carrier.test", "ftp://carrier.test", "https://a.test/?a=1", "https://a.test/#a", "", 8080])(
  "the URL %o is refused",
  (url) => {
    expect(() => readUrl(nodeWith({ url }), "url", "")).toThrow(
      `context "url" must be an http(s) URL without query or fragment, got ${JSON.stringify(url)}`,
    );
  },
);

test("seconds are a whole number up to a year", () => {
  expect(readSeconds(nodeWith({}), "wait", 60)).toBe("60");
  expect(readSeconds(nodeWith({ wait: "5" }), "wait", 60)).toBe("5");
  for (const wait of ["0", "-1", "1.5", "a day", 31_536_001, ""]) {
    expect(() => readSeconds(nodeWith({ wait }), "wait", 60)).toThrow(
      `context "wait" must be a whole number of seconds from 1 to 31536000, got ${JSON.stringify(wait)}`,
    );
  }
});
