import { expect, test } from "vitest";
import { physicalName } from "../src/model/names.ts";

const limits = { charactersMax: 80 };

test("a name says its stack and logical id, and is the same on every start", () => {
  const name = physicalName({ stackName: "Shop", logicalId: "Orders" }, limits);
  expect(name).toMatch(/^Shop-Orders-[0-9A-F]{12}$/);
  expect(physicalName({ stackName: "Shop", logicalId: "Orders" }, limits)).toBe(name);
});

test("a long name is shortened and stays unique, and a FIFO queue keeps its suffix", () => {
  const stackName = "S".repeat(90);
  const names = ["Left", "Right"].map((logicalId) =>
    physicalName({ stackName, logicalId }, { ...limits, suffix: ".fifo" }),
  );
  expect(new Set(names).size).toBe(2);
  for (const name of names) {
    expect(name).toHaveLength(80);
    expect(name).toMatch(/\.fifo$/);
  }
});
