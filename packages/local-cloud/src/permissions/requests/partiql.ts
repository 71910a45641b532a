// A PartiQL statement as its permissions see it: what it does, to which table, and to which item where it says so.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html

export interface PartiqlStatement {
  readonly action: "PartiQLSelect" | "PartiQLInsert" | "PartiQLUpdate" | "PartiQLDelete";
  readonly table: string;
  readonly index?: string;
  /** The partition key, of tables that are keyed by `id`; undefined where it is no parameter. */
  readonly id: string | undefined;
}

type Parameters = readonly { readonly S?: string | undefined }[];

const name = String.raw`(?:"([^"]+)"|([\w-]+))`;
const verbs = [
  ["PartiQLSelect", new RegExp(String.raw`^\s*SELECT\s.*?\sFROM\s+${name}(?:\.${name})?`, "is")],
  ["PartiQLInsert", new RegExp(String.raw`^\s*INSERT\s+INTO\s+${name}`, "i")],
  ["PartiQLUpdate", new RegExp(String.raw`^\s*UPDATE\s+${name}`, "i")],
  ["PartiQLDelete", new RegExp(String.raw`^\s*DELETE\s+FROM\s+${name}`, "i")],
] as const;

/** Undefined for what is no such statement. */
export function readPartiql(text: string, parameters: Parameters = []): PartiqlStatement | undefined {
  for (const [action, pattern] of verbs) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const [, quoted, plain, quotedIndex, plainIndex] = found;
    const index = quotedIndex ?? plainIndex;
    const id = parameters[keyPlace(action, text)]?.S;
    return { action, table: quoted ?? plain ?? "", ...(index && { index }), id };
  }
  return undefined;
}

/** Which of the parameters the key is; -1 for none. */
function keyPlace(action: string, text: string): number {
  const key =
    action === "PartiQLInsert"
      ? /'id'\s*:\s*(?=\?)/.exec(text)
      : /\bWHERE\b.*?"?\bid"?\s*=\s*(?=\?)/is.exec(text);
  if (key === null) return -1;
  return text.slice(0, key.index + key[0].length).split("?").length - 1;
}
