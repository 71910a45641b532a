// Times as texts: https://www.rfc-editor.org/rfc/rfc3339#section-5.6

const rfc3339 =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i;

/** Milliseconds since the epoch, or undefined for what is no time. */
export function millisecondsOf(text: string): number | undefined {
  if (!rfc3339.test(text) || !isInMonth(text)) return undefined;
  const leapMs = text.includes(":60") ? 1_000 : 0; // RFC 3339 has leap seconds, Date has none: the second after it
  return Date.parse(text.replace(":60", ":59")) + leapMs;
}

/** Date.parse makes 2 March of 30 February. */
function isInMonth(text: string): boolean {
  return new Date(Date.parse(text.slice(0, 10))).getUTCDate() === Number(text.slice(8, 10));
}
