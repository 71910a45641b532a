// A gate of `npm run check`: what a cold start loads has a budget, in bytes. Who goes over it has added a dependency,
// or loads one too early; raise the budget only with the reason beside it.
import { bundleSize, compared, functionEntries, startPackages } from "./bundle-size.ts";

/** The kit over the SDK that it calls, and each function as it is deployed. */
// 15 KB more than before every promise held at its edges: what is published is held against its schema before the commit
// (json-value, storable), the same data are told in any order of keys (digest), numbers and CloudEvents are read exactly
// (exact-numbers, cloud-event), a contract is held against the deployed one. Each first message passes all of it.
// And half a KB since: a batch is held against its memory, attributes against Unicode, keys of maps are not named.
// And another half: a contract may say that others fill its queue, so a consumer asks it for the form of what it receives.
// And half a KB: what this process has done it knows, so that a copy of it costs nothing.
// And 1 KB: what is published is held against all that its readers ask, an item's name before it is looked up with others,
// and a transaction says which item it failed for, so that what can never hold is no race.
const kitBytesMax = 48_400;
/** Their contracts are of zod/mini: zod itself is 71 KB more. */
const functionBytesMax = 310_000;
/** Who pays for more, and for what. */
const more: Readonly<Record<string, { readonly bytes: number; readonly packages: readonly string[] }>> = {
  // The process of an order: evidence in the item, its table with its checks, the time-outs that it schedules, claim check.
  "orders/settle-order.ts": { bytes: 29_500, packages: [] },
  // Powertools' Logger and Metrics (the Tracer, three times as large, is loaded only where tracing is active), a lease, and
  // limits: a breaker and a rate, whose tokens wait until the clock agrees. And 1.5 KB more: the breaker tells its openings
  // apart, so that nothing of an earlier one counts in a later one, and what the items hold is checked when it is read.
  "shipping/ship-order.ts": {
    bytes: 65_500,
    packages: ["commons", "logger", "metrics"].map((name) => `@aws-lambda-powertools/${name}`),
  },
};

let failed = false;
const [sdk, kit] = [await bundleSize(compared.sdk), await bundleSize(compared.kit)];
hold("the kit over the SDK alone", kit.startBytes - sdk.startBytes, kitBytesMax);
for (const entry of functionEntries()) {
  const { bytes = 0, packages = [] } = more[entry] ?? {};
  hold(entry, (await bundleSize(entry)).startBytes, functionBytesMax + bytes);
  const optional = [...(await startPackages(entry))].filter((name) => /powertools|xray/.test(name)).sort();
  if (optional.join() !== [...packages].join()) {
    failed = true;
    console.log(
      `✗ ${entry} may load ${packages.join(", ") || "nothing of Powertools"}, got ${optional.join(", ")}`,
    );
  }
}
process.exitCode = failed ? 1 : 0;

function hold(what: string, bytes: number, bytesMax: number): void {
  const fits = bytes <= bytesMax;
  failed ||= !fits;
  console.log(
    `${fits ? "✓" : "✗"} ${what}: ${(bytes / 1_000).toFixed(1)} KB, at most ${bytesMax / 1_000} KB`,
  );
}
