// The flow as a picture: what goes forward, what goes back, and which nodes are one card.

import { describe, expect, it } from "vitest";
import { backEdges } from "../../src/page/graph/forward.ts";
import { layoutOf } from "../../src/page/graph/layout.ts";

const nodes = ["url", "place", "outbox", "publish", "queue", "consume", "schedule", "sweep"];
const line = (from: string, to: string) => ({ id: `${from}→${to}`, from, to });
const lines = [
  line("url", "place"),
  line("place", "outbox"),
  line("outbox", "publish"),
  line("publish", "queue"),
  line("queue", "consume"),
  line("consume", "outbox"),
  line("schedule", "sweep"),
  line("outbox", "sweep"),
];
const box = (id: string) => ({ id, width: 100, height: 40 });

describe("the layout of the flow", () => {
  it("takes the edge into the outbox as the one that goes back, and none from a schedule", () => {
    expect([...backEdges(nodes, lines, ["url"])].map(({ id }) => id)).toEqual(["consume→outbox"]);
  });

  it("draws every edge that goes forward from left to right", () => {
    const { nodes: areas, edges } = layoutOf(nodes.map(box), lines, ["url"]);
    for (const { id, from, to } of lines) {
      if (edges.get(id)?.back) continue;
      expect(areas.get(from)?.x, id).toBeLessThan(areas.get(to)?.x ?? 0);
    }
  });

  it("keeps the parts of one card at their places to each other", () => {
    const parts = nodes.map((id) => ({
      ...box(id),
      ...(id === "queue" && { part: { of: "card", x: 0, y: 0 } }),
      ...(id === "consume" && { part: { of: "card", x: 0, y: 43 } }),
    }));
    const { nodes: areas } = layoutOf(parts, lines, ["url"]);
    const [queue, consume] = [areas.get("queue"), areas.get("consume")];
    expect(consume?.x).toBe(queue?.x);
    expect((consume?.y ?? 0) - (queue?.y ?? 0)).toBe(43);
  });

  it("lays out a flow of one circle, and of nothing", () => {
    expect(layoutOf([], [], []).nodes.size).toBe(0);
    const circle = layoutOf(["a", "b"].map(box), [line("a", "b"), line("b", "a")], []);
    expect(circle.nodes.get("a")?.x).toBeLessThan(circle.nodes.get("b")?.x ?? 0);
  });
});
