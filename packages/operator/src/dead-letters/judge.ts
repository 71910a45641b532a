// Decides what a redrive does with each dead letter: by its evidence, its signature, and the checks that its consumer would
// make. One that cannot be judged does not affect the others.

import type { KeyRing } from "@essentially-once/messaging/internal/trust/key-ring";
import type { Contracts } from "../connect/contracts.ts";
import { type Authenticity, authenticityOf } from "./authenticity.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { type Decision, decide } from "./decision.ts";
import { askEvidence, type EvidencePlace, type Verdict } from "./evidence.ts";
import { forecastOf } from "./forecast.ts";
import { messageOf } from "./original-form.ts";
import { refusalOf } from "./refusal.ts";
import type { Restore } from "./restore.ts";

/** What a deployment is known by, beside its queues and tables. */
export interface Knowledge {
  /** The keys that messages are signed with; absent where nothing is signed. */
  readonly keys?: KeyRing | undefined;
  readonly contracts?: Contracts | undefined;
  /** Of the claim checks. */
  readonly claimBucket?: string | undefined;
  /** A dead letter whose message lies elsewhere, as though it had been parked whole. */
  readonly restore?: Restore | undefined;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly authenticity: Authenticity;
  readonly decision: Decision;
}

export async function judge(
  place: EvidencePlace,
  deadLetters: readonly DeadLetter[],
  { keys, contracts, claimBucket }: Knowledge,
  options: { readonly force?: boolean | undefined } = {},
): Promise<Judgement[]> {
  const contract = contracts?.of(place.queue.name);
  const verdicts = await verdictsOn(place, deadLetters);
  return Promise.all(
    deadLetters.map(async (deadLetter, index) => {
      const authenticity = await authenticityOf(keys, place.queue, deadLetter);
      const found = verdicts[index] ?? { kind: "open" as const };
      if (typeof found === "string") {
        const decision = { outcome: "left" as const, why: `its evidence cannot be read: ${found}` };
        return { verdict: { kind: "open" as const }, authenticity, decision };
      }
      const { unrestored } = deadLetter;
      if (unrestored !== undefined) {
        const decision = { outcome: "left" as const, why: `its message cannot be read: ${unrestored}` };
        return { verdict: found, authenticity, decision };
      }
      const again = await forecastOf(deadLetter, {
        from: place.queue.from,
        authenticity,
        contract,
        claimBucket,
      });
      return {
        verdict: found,
        authenticity,
        decision: decide(messageOf(place.queue, deadLetter), found, { ...options, again }),
      };
    }),
  );
}

/** A text for one whose evidence is refused for what its message says. */
async function verdictsOn(
  place: EvidencePlace,
  deadLetters: readonly DeadLetter[],
): Promise<(Verdict | string)[]> {
  try {
    return await askEvidence(
      place,
      deadLetters.map((deadLetter) => messageOf(place.queue, deadLetter)),
    );
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    if (deadLetters.length === 1) return [refusal];
    return (await Promise.all(deadLetters.map((one) => verdictsOn(place, [one])))).flat();
  }
}
