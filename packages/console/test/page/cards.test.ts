// What is drawn as one card.

import { expect, it } from "vitest";
import { cardsOf } from "../../src/page/flow/cards.ts";
import { shownFlow } from "../../src/page/flow/shown-flow.ts";
import { fixtureFlow } from "../fixture/data.ts";

const flow = fixtureFlow({ consumers: 2, messages: 0, deadLetters: 0 });

it("a consumer is one card with its queue and dead letters, and so is a function with what calls or runs it", () => {
  const cards = cardsOf(shownFlow(flow, "", new Set()));
  const groups = Map.groupBy([...cards], ([, { of }]) => of);
  const stacked = [...groups.values()].map((parts) =>
    parts.sort(([, a], [, b]) => a.y - b.y).map(([id]) => id),
  );
  expect(stacked).toEqual([
    ["Credit/ReserveCredit/Queue", "Credit/ReserveCredit/Function", "Credit/ReserveCredit/DeadLetters"],
    ["Orders/SettleOrder/Queue", "Orders/SettleOrder/Function", "Orders/SettleOrder/DeadLetters"],
    ["Orders/PlaceOrder/Url", "Orders/PlaceOrder/Function"],
    ["Relay/Sweep/Schedule", "Relay/Sweep/Function"],
  ]);
});

it("what calls a function of a collapsed service stands alone", () => {
  const cards = cardsOf(shownFlow(flow, "", new Set(["Relay"])));
  expect([...cards.keys()].filter((id) => id.startsWith("Relay"))).toEqual([]);
});
