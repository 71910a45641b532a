// What codes on dead letters were called in the release before: messages that it parked are read, and chosen, under the name
// that they have now. CHANGELOG.md

const currentCodes: ReadonlyMap<string, string> = new Map([["RECORDS_SEVERAL", "SEVERAL_RECORDS"]]);

export function currentCode(code: string): string {
  return currentCodes.get(code) ?? code;
}
