// Rates, breakers, scheduled messages and processes cost a start nothing where nobody uses them.
import { expect, it } from "vitest";
import { functionEntries, startSources } from "../src/bundle-size.ts";

/** What begins with the code of these rooms, because it uses them. */
const uses: Readonly<Record<string, readonly string[]>> = {
  "orders/place-order.ts": ["process", "schedule"],
  "orders/settle-order.ts": ["process", "schedule"],
  "relay/dispatch.ts": ["schedule"],
  "shipping/ship-order.ts": ["limit"],
};

it.each(functionEntries())("%s starts with the code that it uses, and with no other", async (entry) => {
  const sources = await startSources(entry);
  expect(sources.length).toBeGreaterThan(10);
  const rooms = sources.map(
    (source) => /packages\/messaging\/src\/(limit|schedule|process)\//.exec(source)?.[1],
  );
  expect([...new Set(rooms)].filter((room) => room !== undefined).sort()).toEqual(uses[entry] ?? []);
});
