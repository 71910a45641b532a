// Lines that are in one text and not in the other, in their order: a copy is at most some hundred lines.

export interface LineChange {
  readonly sign: "-" | "+";
  readonly line: string;
}

export function lineDiff(before: string, after: string): LineChange[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  const lengths = commonLengths(a, b);
  const changes: LineChange[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      i++;
      j++;
    } else if (
      right === undefined ||
      (left !== undefined && at(lengths, i + 1, j) >= at(lengths, i, j + 1))
    ) {
      changes.push({ sign: "-", line: left ?? "" });
      i++;
    } else {
      changes.push({ sign: "+", line: right });
      j++;
    }
  }
  return changes;
}

/** Whether a text has what these changes bring, and no more what they take: somebody made them by hand. */
export function isApplied(changes: readonly LineChange[], text: string): boolean {
  const lines = new Set(text.split("\n").map((line) => line.trim()));
  const added = new Set(changes.filter(({ sign }) => sign === "+").map(({ line }) => line.trim()));
  return changes.every(({ sign, line }) => {
    const has = lines.has(line.trim());
    return sign === "+" ? has : !has || added.has(line.trim());
  });
}

/** Of the lines from `i` and `j` on: how many both have in the same order. */
function commonLengths(a: readonly string[], b: readonly string[]): number[][] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = lengths[i] as number[];
      row[j] =
        a[i] === b[j]
          ? at(lengths, i + 1, j + 1) + 1
          : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1));
    }
  }
  return lengths;
}

function at(lengths: readonly number[][], i: number, j: number): number {
  return lengths[i]?.[j] ?? 0;
}
