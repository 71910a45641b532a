// Writes the rules, and the mistakes that each is seen to catch, into docs/wiring.md: node packages/constructs/test/rules/wiring-table.ts
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { allRules } from "../../src/rules/wiring-rules.ts";
import { allMutations } from "./all-mutations.ts";
import { rawMutations } from "./raw-mutations.ts";
import { absent } from "./subject.ts";

export const wiringDocument = join(fileURLToPath(new URL("../../../../", import.meta.url)), "docs/wiring.md");

const [begin, end] = ["<!-- rules -->", "<!-- /rules -->"];
const mistakesShown = 4;

/** The document with its table as it must be. */
export function wiringText(document = readFileSync(wiringDocument, "utf8")): string {
  const table = [
    `${allRules.length} rules:`,
    "",
    "| `Wiring::` | demand, or what happens otherwise | mistakes that it catches |",
    "|---|---|---|",
    ...allRules.map(({ id, demand }) => `| \`${id}\` | ${demand} | ${mistakesOf(id)} |`),
  ];
  const [before = "", rest = ""] = document.split(begin);
  const [, after = ""] = rest.split(end);
  return `${before}${begin}\n${table.join("\n")}\n${end}${after}`;
}

function mistakesOf(id: string): string {
  const found = [
    ...allMutations.flatMap(({ mutations }) => mutations),
    ...rawMutations.flatMap(({ mutations }) =>
      mutations.flatMap(([wrong, rule]) =>
        Object.entries(wrong).map(([key, value]) => [key, value, rule] as const),
      ),
    ),
  ].filter(([, , rule]) => rule === id || (id.endsWith("-unlisted") && rule.startsWith(`${id}-`)));
  const said = [...new Set(found.map(([path, value]) => `\`${path.replace("@", "")}\` ${shown(value)}`))];
  if (said.length === 0) return "[a stack of its own](../packages/constructs/test/rules)";
  const more = said.length - mistakesShown;
  return `${said.slice(0, mistakesShown).join("; ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function shown(value: unknown): string {
  if (value === absent) return "absent";
  const text = JSON.stringify(value).replaceAll("|", "\\|");
  return `\`${text.length > 60 ? `${text.slice(0, 57)}…` : text}\``;
}

if (import.meta.main) writeFileSync(wiringDocument, wiringText());
