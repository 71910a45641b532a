// The first view's verdict. It is good only when everything was read: whatever is not known may be what needs somebody.

export interface Known {
  /** How many things need somebody, of those that were read. */
  readonly urgent: number;
  /** Dead letters, flow and counts are here. */
  readonly isRead: boolean;
  /** One of them could not be read. */
  readonly hasFailed: boolean;
  /** What is here is of now, and nothing is missing in it. */
  readonly isWhole: boolean;
}

export interface Verdict {
  readonly text: string;
  readonly isGood: boolean;
}

export function verdictOf({ urgent, isRead, hasFailed, isWhole }: Known): Verdict {
  if (urgent > 0) {
    const text = `${urgent.toLocaleString("en")} ${urgent === 1 ? "thing needs" : "things need"} you`;
    return { text, isGood: false };
  }
  if (!isRead) return { text: hasFailed ? "Not everything could be read" : "Looking…", isGood: false };
  if (hasFailed || !isWhole) return { text: "Nothing needs you, as far as could be read", isGood: false };
  return { text: "Nothing needs you", isGood: true };
}
