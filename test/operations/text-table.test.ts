import { expect, test } from "vitest";
import { textTable } from "../../operations/text-table.ts";

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

test("what a terminal would obey is not printed", () => {
  expect(textTable(["A"], [["\u001b[2Jgone\nnext\u202e"]])).toBe("A\n·[2Jgone·next·");
});
