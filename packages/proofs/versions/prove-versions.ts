// The release before and this one, side by side: nothing is lost, doubled or out of order; and a twin of this release whose
// evidence has other keys must fail there.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { synthesize } from "@essentially-once/local-cloud/synthesize";
import { aCarrier } from "@essentially-once/testing/a-carrier";
import { addBefore, bothReleases, replaceNow } from "./both-releases.ts";
import { lostResources } from "./kept-resources.ts";
import { release, repository, twinOf, unpackPrevious } from "./previous.ts";
import { type Phase, type SideBySideFigures, type SideBySideOptions, sideBySide } from "./side-by-side.ts";

export interface VersionsFigures extends SideBySideFigures {
  /** What the twin breaks. */
  readonly twinBreaks: readonly string[];
  readonly seconds: number;
}

/** A deployment that is half done, rolled back, half done again and ended. */
const phases: readonly Phase[] = [
  { relay: "before", consumers: "before", settles: true },
  { relay: "before", consumers: "now" },
  { relay: "now", consumers: "before" },
  { relay: "mixed", consumers: "mixed", kills: true },
  { relay: "now", consumers: "now" },
];

/** G2: what the release before took is new to it. */
const twin = {
  file: "src/core/ids.ts",
  from: "return derivedId(consumer, source, id);",
  to: "return derivedId(source, consumer, id);",
};
const twinFunction = "take";
const twinPhases: readonly Phase[] = [
  { relay: "before", consumers: "before", settles: true },
  { relay: "now", consumers: "now" },
];
const twinPayments = 8;
/** The journal refuses each second booking, so the run never becomes idle. */
const twinPatienceMs = 15_000;

export async function proveVersions({
  payments,
  seed,
  onProgress = () => undefined,
}: {
  /** In each phase. */
  readonly payments: number;
  readonly seed: number;
  readonly onProgress?: (text: string) => void;
}): Promise<VersionsFigures> {
  const beganAt = performance.now();
  const scratch = mkdtempSync(join(tmpdir(), "essentially-once-versions-"));
  const carrier = await aCarrier();
  try {
    const assembly = join(scratch, "cdk.out");
    const [before] = await Promise.all([unpackPrevious(scratch), synthesizeStacks(assembly, carrier.url)]);
    onProgress(`versions: release ${release.version} is packed`);
    const lost = await lostResources(before, assembly);
    await addBefore(assembly, before);
    const run = async (name: string, options: RunOptions, now?: string) => {
      const assemblyDirectory = join(scratch, name);
      cpSync(assembly, assemblyDirectory, { recursive: true });
      if (now !== undefined) await replaceNow(assemblyDirectory, twinFunction, now);
      const releases = bothReleases(assemblyDirectory);
      const progress = (text: string) => onProgress(`versions: ${name}: ${text}`);
      return sideBySide({ assemblyDirectory, releases, carrier, onProgress: progress, ...options });
    };
    const figures = await run("side by side", { phases, payments, seed });
    const twinRun = {
      phases: twinPhases,
      payments: twinPayments,
      seed: seed + 1, // other payments than those that the carrier knows
      patienceMs: twinPatienceMs,
    };
    const broken = await run("twin", twinRun, twinOf(scratch, twin));
    const seconds = (performance.now() - beganAt) / 1_000;
    return {
      ...figures,
      twinBreaks: broken.violations,
      violations: [...lost, ...figures.violations, ...idle(figures), ...survived(broken)],
      seconds,
    };
  } finally {
    await carrier.stop();
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

type RunOptions = Pick<SideBySideOptions, "phases" | "payments" | "seed" | "patienceMs">;

/** For people. */
export function versionsText({ payments, sentAgain, killed, redriven, twinBreaks }: VersionsFigures): string {
  return (
    `beside release ${release.version}: ${payments} payments, ${sentAgain} messages sent again, ${killed} processes killed, ` +
    `${redriven} dead letters redriven; a copy whose evidence has other keys breaks ${twinBreaks.length} things`
  );
}

async function synthesizeStacks(assemblyDirectory: string, carrierUrl: string): Promise<void> {
  await synthesize({
    projectDirectory: repository,
    assemblyDirectory,
    app: "node packages/proofs/versions/stacks.ts",
    context: { carrierUrl },
    signal: new AbortController().signal,
  });
}

/** A run says something of the functions alone that both releases ran. The rotation's steps are the store's to begin. */
function idle({ invocations }: SideBySideFigures): string[] {
  return [...invocations]
    .filter(([name, { before, now }]) => name !== "rotate-keys" && (before === 0 || now === 0))
    .map(
      ([name, { before, now }]) =>
        `${name} was run ${before} times by the release before and ${now} by this one`,
    );
}

function survived({ violations }: SideBySideFigures): string[] {
  return violations.some((text) => text.startsWith("G2"))
    ? []
    : ["the twin whose evidence has other keys breaks nothing: the run shows nothing"];
}
