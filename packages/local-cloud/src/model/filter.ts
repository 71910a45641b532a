// Event filtering: EventBridge-style patterns, with the operators that Lambda understands.
//
//   A pattern is checked when the mapping starts; an operator that is not understood is refused by name.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html

type Test = (value: unknown) => boolean;
type Fields = Readonly<Record<string, unknown>>;

/** A record passes when any of the patterns matches it; without patterns every record passes. */
export function compileFilters(patterns: readonly unknown[]): Test {
  if (patterns.length === 0) return () => true;
  const tests = patterns.map((pattern) => compilePattern(pattern, "pattern"));
  return (record) => tests.some((test) => test(record));
}

/** All fields of a pattern must match. */
function compilePattern(pattern: unknown, at: string): Test {
  if (!isFields(pattern))
    throw new Error(`filter ${at}: must be an object or a list, got ${JSON.stringify(pattern)}`);
  const tests = Object.entries(pattern).map(([name, inner]) => {
    const here = `${at}.${name}`;
    if (name === "$or") return anyOf(listAt(inner, here).map((one) => compilePattern(one, here)));
    const test = Array.isArray(inner) ? compileConditions(inner, here) : compilePattern(inner, here);
    return (value: unknown) => test(isFields(value) ? value[name] : undefined);
  });
  return (value) => tests.every((test) => test(value));
}

/** Any condition of a list may match; of a list in the event any element may. */
function compileConditions(conditions: readonly unknown[], at: string): Test {
  const test = anyOf(conditions.map((condition) => compileCondition(condition, at)));
  return (value) => (Array.isArray(value) && value.length > 0 ? value.some(test) : test(value));
}

function compileCondition(condition: unknown, at: string): Test {
  if (!isFields(condition)) return (value) => value === condition;
  const [[operator, operand] = ["", undefined], ...more] = Object.entries(condition);
  const compile = OPERATORS[operator];
  if (!compile || more.length > 0) {
    const known = Object.keys(OPERATORS).join(", ");
    throw new Error(
      `filter ${at}: operator ${JSON.stringify(condition)} is not supported; supported are: ${known}`,
    );
  }
  return compile(operand, `${at}.${operator}`);
}

const OPERATORS: Readonly<Record<string, (operand: unknown, at: string) => Test>> = {
  exists: (operand) => (value) => (value !== undefined && !isFields(value)) === operand,
  prefix: (operand, at) => {
    const start = textAt(operand, at);
    return (value) => typeof value === "string" && value.startsWith(start);
  },
  suffix: (operand, at) => {
    const end = textAt(operand, at);
    return (value) => typeof value === "string" && value.endsWith(end);
  },
  "equals-ignore-case": (operand, at) => {
    const text = textAt(operand, at).toLowerCase();
    return (value) => typeof value === "string" && value.toLowerCase() === text;
  },
  "anything-but": (operand, at) => {
    const test = compileConditions(Array.isArray(operand) ? operand : [operand], at);
    return (value) => value !== undefined && !test(value);
  },
  numeric: (operand, at) => {
    const tests = comparisons(listAt(operand, at), at);
    return (value) => typeof value === "number" && tests.every((test) => test(value));
  },
};

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  "=": (value, bound) => value === bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

/** `[">", 0, "<=", 5]` */
function comparisons(operand: readonly unknown[], at: string): ((value: number) => boolean)[] {
  const tests = [];
  for (let index = 0; index < operand.length; index += 2) {
    const compare = COMPARISONS[String(operand[index])];
    const bound = operand[index + 1];
    if (!compare || typeof bound !== "number") {
      const known = Object.keys(COMPARISONS).join(" ");
      throw new Error(
        `filter ${at}: must be pairs of a comparison (${known}) and a number, got ${JSON.stringify(operand)}`,
      );
    }
    tests.push((value: number) => compare(value, bound));
  }
  return tests;
}

function anyOf(tests: readonly Test[]): Test {
  return (value) => tests.some((test) => test(value));
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listAt(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`filter ${at}: must be a list, got ${JSON.stringify(value)}`);
}

function textAt(value: unknown, at: string): string {
  if (typeof value === "string") return value;
  throw new Error(`filter ${at}: must be a string, got ${JSON.stringify(value)}`);
}
