import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { expect, it } from "vitest";
import { readRoutes } from "../src/publish/routes.ts";

it("G3: gives the queues that subscribed to a type, which may be none, and nothing for a type that it does not know", () => {
  const routes = readRoutes('{"a.v1":["https://one","https://two"],"b.v1":[]}');
  expect(routes.queuesFor("a.v1")).toEqual(["https://one", "https://two"]);
  expect(routes.queuesFor("b.v1")).toEqual([]);
  expect(routes.queuesFor("c.v1")).toBeUndefined();
});

it("G3: says once of each type that it does not know it", async () => {
  const routes = readRoutes("{}");
  const lines = await linesOf(async () => {
    for (const type of ["a.v1", "b.v1", "a.v1"]) routes.queuesFor(type);
  });
  expect(lines).toMatchObject([
    { level: "WARN", code: "UNROUTED", type: "a.v1" },
    { level: "WARN", code: "UNROUTED", type: "b.v1" },
  ]);
});

it.each(["null", "[1]", '{"a.v1":"https://one"}', '{"a.v1":[7]}'])("refuses %s", (json) => {
  expect(() => readRoutes(json)).toThrow(
    "ROUTES must be a JSON object from message type to a list of queue URLs",
  );
});
