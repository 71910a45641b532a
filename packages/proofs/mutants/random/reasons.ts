// What many changes have in common that nothing notices.

/** What StrykerJS puts where nothing was. */
export const [aText, aList] = ['"Stryker was here!"', '["Stryker was here"]'];

/** `const { a = "" } = …` or `x ?? ""` where nothing is ever missing: TypeScript demands it of an index, no input reaches it. */
export const onlyForTheCompiler = "only the compiler demands it: the value is never missing";

/** Of a cache, how much it keeps and whether it does. */
export const onlyRemembered = "a cache: what it does not keep is read again, and means the same";

export type Row = readonly [file: string, original: string, replacement: string, because: string];
