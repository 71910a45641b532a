// What an app holds as copies of the kit's template. All else that `npm create` and `npm run new` write is the team's own from
// the beginning; it imports public entry points, and only their renames reach it (renames.ts).
import { createHash } from "node:crypto";
import { UsageError } from "../terminal/usage-error.ts";

/** Path, or `package.json` with section and name → text. */
export type Copies = ReadonlyMap<string, string>;

export const copiedFiles = [
  ".gitignore",
  ".npmrc",
  "bin/app.ts",
  "biome.json",
  "cdk.json",
  "functions/relay/dispatch.ts",
  "functions/relay/publish.ts",
  "functions/relay/rotate-keys.ts",
  "functions/relay/sweep.ts",
  "tsconfig.json",
  "vitest.config.ts",
] as const;

export const packageFile = "package.json";
const sections = ["engines", "scripts", "dependencies", "devDependencies", "allowScripts", "overrides"];
/** `npm update` brings these. */
const ofKit = /^@essentially-once\//;

type Json = Record<string, Record<string, unknown> | undefined>;

/** @param read gives the text of a file, or undefined */
export function copiesIn(read: (path: string) => string | undefined): Copies {
  const files = copiedFiles.flatMap((path) => {
    const text = read(path);
    return text === undefined ? [] : [[path, text] as const];
  });
  const manifest = manifestIn(read(packageFile) ?? "{}");
  const values = sections.flatMap((section) =>
    Object.entries(manifest[section] ?? {})
      .filter(([name]) => !ofKit.test(name))
      .map(([name, value]) => [`${packageFile} ${section} ${name}`, JSON.stringify(value)] as const),
  );
  return new Map([...files, ...values]);
}

/** The text of package.json with these values; undefined takes one out. */
export function withValues(text: string, changes: ReadonlyMap<string, string | undefined>): string {
  const manifest = manifestIn(text);
  for (const [key, value] of changes) {
    const [, section = "", name = ""] = key.split(" ");
    const all = manifest[section] ?? {};
    if (value === undefined) delete all[name];
    else all[name] = JSON.parse(value);
    manifest[section] = all;
  }
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function manifestIn(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new UsageError(`${packageFile} must be JSON.`, { cause });
  }
}

export function isValue(key: string): boolean {
  return key.startsWith(`${packageFile} `);
}

/** Of a copy's text. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text.replaceAll("\r\n", "\n")).digest("hex").slice(0, 16);
}
