import { expect, it } from "vitest";
import { slowFiles } from "./slow-files.ts";

it("the slowest files are listed first, each with its share", () => {
  const times = [
    { file: "quick.test.ts", seconds: 1, tests: 10 },
    { file: "slow.test.ts", seconds: 3, tests: 2 },
  ];
  expect(slowFiles(times)).toBe(
    [
      "SECONDS SHARE  TESTS  FILE",
      "    3.0   75%      2  slow.test.ts",
      "    1.0   25%     10  quick.test.ts",
      "    4.0  100%        of 4 s in 2 files",
    ].join("\n"),
  );
});

it("fifteen of them, and the sum is of all", () => {
  const times = Array.from({ length: 20 }, (_, n) => ({ file: `${n}.test.ts`, seconds: 1, tests: 1 }));
  const lines = slowFiles(times).split("\n");
  expect(lines).toHaveLength(17);
  expect(lines.at(-1)).toContain("75%        of 20 s in 20 files");
});
