// The hot key at its full size, a form at a time: nothing may be parked, lost or applied twice, and no fault is injected.
import { type Depth, type OnProgress, type SectionFigures, timeLimit } from "../prove/section.ts";
import { type Form, forms, type HotFigures, proveForm } from "./forms.ts";

const size = { messages: 1_000, environments: 30, attemptsMax: 5 } as const;
/** Other chances, the same size. */
const seedsLong = 3;

export async function proveHotKey(
  { form: name, depth: { long, seed, secondsMax } }: { readonly form: string; readonly depth: Depth },
  onProgress: OnProgress,
): Promise<SectionFigures> {
  const form = forms.find((one) => one.name === name);
  if (form === undefined) throw new Error(`no form of evidence is called ${name}`);
  const beganAt = performance.now();
  const isOver = timeLimit(secondsMax);
  const found: HotFigures[] = [];
  for (let nth = 0; nth < (long ? seedsLong : 1) && !isOver(); nth++) {
    onProgress(`hot key: ${name}: ${inWords()}, seed ${seed + nth}`);
    const figures = await proveForm(form, { ...size, seed: seed + nth });
    found.push(figures);
    onProgress(`hot key: ${saidOf(form, figures)}`);
  }
  return {
    section: "hot-key",
    schedules: found.length,
    faults: {},
    violations: found.flatMap(({ violations }) =>
      violations.map((violation) => `hot key: ${name}: ${violation}`),
    ),
    said:
      found.length === 0 ? [`for ${name} there was no time`] : found.map((figures) => saidOf(form, figures)),
    seconds: (performance.now() - beganAt) / 1_000,
  };
}

function inWords(): string {
  const { messages, environments, attemptsMax } = size;
  return `${messages} messages, ${environments} environments, ${attemptsMax} attempts`;
}

function saidOf({ name }: Form, { violations, conflicts, receivesMax, seconds }: HotFigures): string {
  const end = violations.length === 0 ? "nothing parked or lost" : `${violations.length} violations`;
  return `${name}: ${end}, ${conflicts} conflicts, at most ${receivesMax} receives of a message, in ${seconds} s`;
}
