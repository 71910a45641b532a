// Numbered messages that an operator has barred: they take no effect any more, and their evidence stays in the item
// until their source is beyond their number.
//
//   G2. `!<message>.<number>.<source>`: another message has the number, and this one does not take it.
//   G4. `*<message>.<number>.<source>`: nobody has the number, so it is passed over when its turn comes.
import { type Digest, saysTheSame } from "../envelope/digest.ts";

export interface Bar {
  readonly kind: "!" | "*";
  readonly digest: string;
  readonly sequence: number;
  readonly source: string;
}

/** As many characters as the evidence by numbers has of a digest. */
const digestLength = 16;

export function isBar(text: string): boolean {
  return text.startsWith("!") || text.startsWith("*");
}

export function readBars(text: string): Bar[] {
  return text.split(" ").filter(isBar).map(readBar);
}

function readBar(text: string): Bar {
  const [digest = "", sequence = "", source = ""] = text.slice(1).split(".");
  return { kind: text.startsWith("!") ? "!" : "*", digest, sequence: Number.parseInt(sequence, 36), source };
}

export function barTexts(bars: readonly Bar[]): string[] {
  return bars.map(
    ({ kind, digest, sequence, source }) => `${kind}${digest}.${sequence.toString(36)}.${source}`,
  );
}

/** One for each way in which a copy may say the same. */
export function barsOf(
  kind: Bar["kind"],
  source: string,
  sequence: number,
  { digest, meaning }: Digest,
): Bar[] {
  return [digest, meaning]
    .filter((one) => one !== undefined)
    .map((one) => ({ kind, digest: one.slice(0, digestLength), sequence, source }));
}

export function isBarred(bars: readonly Bar[], source: string, sequence: number, said: Digest): boolean {
  return bars.some(
    (bar) => bar.source === source && bar.sequence === sequence && saysTheSame({ digest: bar.digest }, said),
  );
}

/** The last number of a source, and who had it, when those that nobody has are passed over. */
export function passedOver<Last extends { readonly sequence: number; readonly said: Digest }>(
  last: Last,
  source: string,
  bars: readonly Bar[],
): Last {
  const next = bars.find(
    ({ kind, source: whose, sequence }) => kind === "*" && whose === source && sequence === last.sequence + 1,
  );
  if (next === undefined) return last;
  return passedOver({ ...last, sequence: next.sequence, said: { digest: next.digest } }, source, bars);
}
