// One line of the reconciliation: what must hold, whether it does, and the figures that say so.

export interface Invariant {
  readonly name: string;
  readonly holds: boolean;
  /** The figures; where it does not hold, the first culprits. */
  readonly evidence: string;
}

const CULPRITS_SHOWN = 3;

/** Holds when there are no errors. */
export function invariant(name: string, errors: readonly string[], evidence: string): Invariant {
  const shown = errors.slice(0, CULPRITS_SHOWN).join("; ");
  const more = errors.length > CULPRITS_SHOWN ? `; and ${errors.length - CULPRITS_SHOWN} more` : "";
  return { name, holds: errors.length === 0, evidence: errors.length === 0 ? evidence : shown + more };
}
