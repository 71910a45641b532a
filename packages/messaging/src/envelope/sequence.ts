// A message's number among those that its source sends about one key: 1, 2, 3 and no gap. On the wire it is the
// CloudEvents extension `sequence`, a text that sorts as the numbers do; without a `sequencetype`, because the one
// that is defined ends at 31 bits and wraps around.
//
//   https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/sequence.md

/** The digits of the largest safe integer. */
const digits = 16;

/** @throws RangeError when it is not a whole number from 1 to 2^53 - 1 */
export function sequenceText(sequence: number): string {
  if (!isSequence(sequence)) {
    throw new RangeError(
      `sequence must be a whole number from 1 to ${Number.MAX_SAFE_INTEGER}, got ${sequence}`,
    );
  }
  return String(sequence).padStart(digits, "0");
}

/** The number, with or without leading zeros; undefined for a text that is none. */
export function readSequence(text: string): number | undefined {
  const sequence = /^\d+$/.test(text) ? Number(text) : 0;
  return isSequence(sequence) ? sequence : undefined;
}

function isSequence(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
