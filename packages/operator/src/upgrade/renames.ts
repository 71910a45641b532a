// What a release has given another name: applied to an app's own imports. An import keeps the name that its file uses
// (`import { next as before }`), so nothing else in the file changes.

export interface Rename {
  /** The release from which on the new name is the only one. */
  readonly release: string;
  /** An entry point: `@essentially-once/messaging/envelope`. */
  readonly module: string;
  /** Of the entry point itself. */
  readonly toModule?: string;
  /** Of an export of it. */
  readonly name?: string;
  readonly toName?: string;
  /** An option of that export: shown, because no script knows which object is one. */
  readonly option?: string;
  readonly toOption?: string;
}

/** Those of every release, oldest first. Those of 0.1.0 are for apps that were made before it was released. */
export const renames: readonly Rename[] = [
  renamed("constructs/node-function", "onceAnEvent", "withoutAsyncRetries"),
  renamed("messaging/effect", "Kept", "EffectResult"),
  {
    release: "0.1.0",
    module: "@essentially-once/messaging/idempotency",
    name: "EvidenceStore",
    option: "looksFirst",
    toOption: "looksUpFirst",
  },
  renamed("testing/world", "Letter", "DrainedMessage"),
];

function renamed(entry: string, name: string, toName: string): Rename {
  return { release: "0.1.0", module: `@essentially-once/${entry}`, name, toName };
}

export interface Renamed {
  readonly text: string;
  /** What was done, for people. */
  readonly done: readonly string[];
  /** What a person has to do: with its line, from 1. */
  readonly left: readonly { readonly line: number; readonly what: string }[];
}

/** Of releases after `since`, up to `until`. */
export function renamesBetween(since: string, until: string, all: readonly Rename[] = renames): Rename[] {
  return all.filter(
    ({ release }) => compareVersions(since, release) < 0 && compareVersions(release, until) <= 0,
  );
}

export function applyRenames(given: string, table: readonly Rename[]): Renamed {
  let text = given;
  const done: string[] = [];
  const left: { line: number; what: string }[] = [];
  for (const { module, toModule, name, toName, option, toOption } of table) {
    if (!text.includes(`"${module}"`)) continue;
    if (option !== undefined && name !== undefined) {
      if (imports(text, module, name)) left.push(...optionsIn(text, { name, option, toOption }));
    } else if (name !== undefined && toName !== undefined) {
      const renamed = renamedImport(text, { module, name, toName });
      if (renamed !== text) done.push(`${name} of ${module} is ${toName}`);
      text = renamed;
    } else if (toModule !== undefined) {
      text = text.replaceAll(`"${module}"`, `"${toModule}"`);
      done.push(`${module} is ${toModule}`);
    }
  }
  return { text, done, left };
}

function imports(text: string, module: string, name: string): boolean {
  return clausesOf(text, module).some(([, , names = ""]) => new RegExp(`\\b${name}\\b`).test(names));
}

function renamedImport(text: string, { module, name, toName }: Record<"module" | "name" | "toName", string>) {
  let renamed = text;
  for (const [clause, head = "", names = ""] of clausesOf(text, module)) {
    const next = names.replace(
      new RegExp(`(?<![\\w$])${name}(?![\\w$])(\\s+as\\s+[\\w$]+)?`),
      (_, alias?: string) => `${toName}${alias ?? ` as ${name}`}`,
    );
    // An alias that was there already names what it stands for, and nothing after `as` is a name of the module.
    if (!new RegExp(`\\bas\\s+${name}\\b`).test(names)) {
      renamed = renamed.replace(clause, clause.replace(`${head}${names}`, `${head}${next}`));
    }
  }
  return renamed;
}

/** `import {…} from "module"` and `export {…} from "module"`: the whole, what is before the names, the names. */
function clausesOf(text: string, module: string): RegExpMatchArray[] {
  const from = module.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return [
    ...text.matchAll(
      new RegExp(`((?:import|export)\\s+(?:type\\s+)?\\{)([^}]*)\\}\\s*from\\s*"${from}"`, "g"),
    ),
  ];
}

function optionsIn(
  text: string,
  { name, option, toOption }: { name: string; option: string; toOption: string | undefined },
) {
  return text.split("\n").flatMap((line, index) => {
    if (!new RegExp(`(?<![\\w.])${option}(?=\\s*[:,}])`).test(line)) return [];
    const next = toOption === undefined ? "is gone" : `is ${toOption}`;
    return [{ line: index + 1, what: `the option ${option} of ${name} ${next}` }];
  });
}

/** `0.10.0` is after `0.9.1`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).slice(0, 3).map(Number));
  for (const [index, number] of (left ?? []).entries()) {
    const difference = number - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
