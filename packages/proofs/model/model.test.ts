import { describe, expect, it } from "vitest";
import { breakProtocols, proveModel } from "./scopes.ts";
import { explore } from "./search.ts";

describe("the model", () => {
  it("G1, G2, G3, G6: hold in every state that can be reached, and each can become idle", () => {
    const { states, violations } = proveModel("fast");
    expect(violations).toEqual([]);
    expect(states).toBeGreaterThan(25_000);
  });

  it.each(breakProtocols())("$breaks: is broken by $name", ({ breaks, violation }) => {
    expect(violation?.breach).toMatch(new RegExp(`^${breaks}:`));
  });

  it("gives the shortest way to a breach, as a trace to be read", () => {
    const found = breakProtocols().find(({ name }) => name === "outbox after the effect");
    expect(found?.violation?.trace).toEqual([
      "message 1 is delivered (receive 1)",
      "the consumer of message 1 reads the state",
      "the consumer of message 1 writes evidence + effect",
      "the consumer of message 1 dies before it writes outbox",
    ]);
  });
});

describe("the search", () => {
  it("finds a broken promise and a run that never becomes idle", () => {
    expect(explore(ring({ breach: 3 })).violation).toEqual({
      breach: "at 3",
      trace: ["to 1", "to 2", "to 3"],
    });
    expect(explore(ring({ isFault: true })).violation?.breach).toMatch(/^liveness/);
    expect(explore(ring({})).violation).toBeUndefined();
  });
});

/** 0 → 1 → … → 4 → 0, at rest in 0. */
function ring({ breach, isFault = false }: { breach?: number; isFault?: boolean }) {
  return {
    initial: 0,
    steps: (state: number) => [{ next: (state + 1) % 5, isFault, name: `to ${(state + 1) % 5}` }],
    keyOf: String,
    breach: (state: number) => (state === breach ? `at ${state}` : undefined),
    isSettled: (state: number) => state === 0,
  };
}
