import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { draw } from "./draw.ts";
import { explained } from "./explained.ts";
import type { Change } from "./instrument.ts";

describe("random changes", () => {
  const changes = Array.from({ length: 50 }, (_, n) => aChange({ line: n + 1, original: `${n}` }));

  it("are the same for the same seed, others for another, and none is drawn twice", () => {
    const drawn = draw(changes, { count: 20, seed: 7 });
    expect(draw(changes, { count: 20, seed: 7 })).toEqual(drawn);
    expect(draw(changes, { count: 20, seed: 8 })).not.toEqual(drawn);
    expect(new Set(drawn).size).toBe(20);
    expect(draw(changes, { count: 60, seed: 7 })).toHaveLength(50);
  });

  it("leave out sentences for people, and keep names, codes and expressions", () => {
    const texts = ['"must be a text"', '"ID_REUSED"', '"attribute_not_exists(id) AND a = :b"', '"id"'];
    const drawn = draw(
      texts.map((original, line) => aChange({ mutatorName: "StringLiteral", original, line })),
      { count: 9, seed: 1 },
    );
    expect(drawn.map(({ original }) => original).sort()).toEqual(texts.slice(1).sort());
  });
});

describe("a change that survives with a reason", () => {
  it("stands in its file, and has a reason", () => {
    for (const { file, original, because } of explained) {
      expect(existsSync(file), file).toBe(true);
      expect(readFileSync(file, "utf8"), `${file} has no ${original}`).toContain(original);
      expect(because.length).toBeGreaterThan(20);
    }
  });
});

function aChange({ line = 1, ...changes }: Partial<Change> & { readonly line?: number }): Change {
  const start = { line, column: 1 };
  return {
    id: "1",
    file: "any.ts",
    mutatorName: "Any",
    replacement: "",
    original: "",
    start,
    end: start,
    ...changes,
  };
}
