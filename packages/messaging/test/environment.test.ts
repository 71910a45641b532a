import { afterEach, expect, it, vi } from "vitest";
import { environment, environmentNumber } from "../src/core/environment.ts";

afterEach(() => vi.unstubAllEnvs());

it("names the variable that is missing or empty", () => {
  vi.stubEnv("SOME_TABLE", "");
  expect(() => environment("SOME_TABLE")).toThrow("The environment variable SOME_TABLE must be set");
});

it.each(["0", "1001", "2.5", "five"])("names variable, value and range for %s", (value) => {
  vi.stubEnv("SOME_COUNT", value);
  expect(() => environmentNumber("SOME_COUNT", { min: 1, max: 1_000 })).toThrow(
    `SOME_COUNT must be a whole number from 1 to 1000, got "${value}"`,
  );
});
