import { expect, test } from "vitest";
import { textTable } from "../src/terminal/text-table.ts";

test("columns are aligned and long cells cut", () => {
  const table = textTable(
    ["A", "B"],
    [
      ["long one", "x"],
      ["s", "abcdefghijkl"],
    ],
    { cellCharactersMax: 8 },
  );
  expect(table).toBe("A         B\nlong one  x\ns         abcdefg…");
});

test("columns that do not fit the terminal go on in a line below, aligned there", () => {
  const rows = [
    ["one", "22", "a long one"],
    ["o", "2", "3"],
  ];
  expect(textTable(["A", "B", "C"], rows, { lineCharactersMax: 12 })).toBe(
    ["A    B", "    C", "one  22", "    a long one", "o    2", "    3"].join("\n"),
  );
  expect(textTable(["A", "B", "C"], rows, { lineCharactersMax: 19 })).toContain("\none  22  a long one\n");
});

test("a column that is wider than the terminal is not cut for it", () => {
  expect(textTable(["A", "B"], [["x", "y".repeat(30)]], { lineCharactersMax: 10 })).toBe(
    `A\n    B\nx\n    ${"y".repeat(30)}`,
  );
});

test("what a terminal would obey is not printed", () => {
  expect(textTable(["A"], [["\u001b[2Jgone\nnext\u202e"]])).toBe("A\n·[2Jgone·next·");
});
