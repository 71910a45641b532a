// Thirty consumers stay readable: by a filter, and by services drawn as one node.

import { describe, expect, it } from "vitest";
import { countsOf, shownFlow } from "../../src/page/flow/shown-flow.ts";
import { fixtureFlow } from "../fixture/data.ts";

const flow = fixtureFlow({ consumers: 30, messages: 0, deadLetters: 0 });

describe("the part of the flow that is drawn", () => {
  it("a filter leaves what matches, the rest of its consumer, and their neighbors", () => {
    const { nodes } = shownFlow(flow, "shiporder3", new Set());
    expect(nodes.map(({ id }) => id).sort()).toEqual([
      "Relay/Outbox",
      "Relay/Publish/Function",
      "Shipping/ShipOrder3/DeadLetters",
      "Shipping/ShipOrder3/Function",
      "Shipping/ShipOrder3/Queue",
      "Shipping/Table",
    ]);
  });

  it("a collapsed service is one node, with the edges of its members and the sums of their numbers", () => {
    const { nodes, edges } = shownFlow(flow, "", new Set(["Shipping"]));
    const shipping = nodes.find(({ id }) => id === "service:Shipping");
    expect(nodes.filter(({ service }) => service === "Shipping")).toEqual([shipping]);
    expect(edges.filter(({ to }) => to === "service:Shipping").map(({ from }) => from)).toEqual([
      "Relay/Publish/Function",
    ]);
    if (!shipping) throw new Error("no node of the service");
    const numbers = Object.fromEntries(
      shipping.members.map(({ id }) => [id, { waiting: 2, oldestSeconds: 5 }]),
    );
    const counts = { at: "", nodes: numbers, dead: 0, missing: [] };
    expect(countsOf(shipping, counts)).toMatchObject({
      waiting: 2 * shipping.members.length,
      oldestSeconds: 5,
    });
    const [one = ""] = Object.keys(numbers);
    const stuck = { ...counts, nodes: { ...numbers, [one]: { waiting: 2, neverEmptySeconds: 1 } } };
    expect(countsOf(shipping, stuck)).toMatchObject({ neverEmptySeconds: 1 });
    expect(countsOf(shipping, stuck)).not.toHaveProperty("oldestSeconds");
  });

  it("no edge leads to a node that is not drawn", () => {
    for (const filter of ["", "credit", "nothing has this name"]) {
      const { nodes, edges } = shownFlow(flow, filter, new Set(["Orders"]));
      const drawn = new Set(nodes.map(({ id }) => id));
      expect(edges.filter(({ from, to }) => !drawn.has(from) || !drawn.has(to))).toEqual([]);
    }
  });
});
