// A gate of `npm run check`: what a cold start loads has a budget, in bytes. Who goes over it has added a dependency,
// or loads one too early; raise the budget only with the reason beside it.
import { bundleSize, compared, functionEntries } from "./bundle-size.ts";

/** The kit over the SDK that it calls, and each function as it is deployed. */
const kitBytesMax = 31_000;
const functionBytesMax = 395_000;

let failed = false;
const [sdk, kit] = [await bundleSize(compared.sdk), await bundleSize(compared.kit)];
hold("the kit over the SDK alone", kit.startBytes - sdk.startBytes, kitBytesMax);
for (const entry of functionEntries()) hold(entry, (await bundleSize(entry)).startBytes, functionBytesMax);
process.exitCode = failed ? 1 : 0;

function hold(what: string, bytes: number, bytesMax: number): void {
  const fits = bytes <= bytesMax;
  failed ||= !fits;
  console.log(
    `${fits ? "✓" : "✗"} ${what}: ${(bytes / 1_000).toFixed(1)} KB, at most ${bytesMax / 1_000} KB`,
  );
}
