// What DynamoDB says is wrong, as far as it names attributes and types only: the rest of its texts may quote values.
// Names come from a key schema or an expression, which are code, and are cut all the same.

const textMax = 2_000;

export function hintIn(...said: readonly (string | undefined)[]): string {
  const text = said.join(" ").slice(0, textMax);
  for (const [pattern, hint] of hints) {
    const match = pattern.exec(text);
    if (match) return hint(match);
  }
  return "refused for its content";
}

type Hint = readonly [pattern: RegExp, hint: (match: RegExpExecArray) => string];

const hints: readonly Hint[] = [
  [
    /Type mismatch for (?:Index )?[Kk]ey ([\w.-]{1,100}) ?(?:expected|Expected): ([SNB]) (?:actual|Actual): (\w{1,4})/,
    ([, name, expected, actual]) => `the key attribute ${name} must be ${expected}, got ${actual}`,
  ],
  [/Missing the key ([\w.-]{1,100})/, ([, name]) => `the key attribute ${name} is missing`],
  [
    /provided key element does not match the schema/,
    () => "the key's attributes differ from the table's key",
  ],
  [/empty string value\. Key: ([\w.-]{1,100})/, ([, name]) => `the key attribute ${name} is an empty string`],
  [/Item size .*exceeded/, () => "the item is larger than 400 KB"],
  [/Nesting Levels/, () => "a value is nested deeper than 32 levels"],
  [/[Mm]agnitude|38 significant digits|Number overflow/, () => "a number has more than 38 digits"],
  [/reserved keyword: (\w{1,50})/, ([, name]) => `${name} is a reserved word: give it a #name`],
  [
    /(?:Update|Condition|Projection|KeyCondition|Filter)Expression/,
    ([expression]) => `the ${expression} is invalid`,
  ],
  [/must be shorter than (\d{1,9}) bytes/, ([, bytes]) => `more than ${bytes} bytes`],
];
