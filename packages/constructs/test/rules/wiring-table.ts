// Writes the rules into docs/wiring.md: node packages/constructs/test/rules/wiring-table.ts
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { propertyRules } from "../../src/rules/properties/all.ts";
import { allRules } from "../../src/rules/wiring-rules.ts";

export const wiringDocument = join(fileURLToPath(new URL("../../../../", import.meta.url)), "docs/wiring.md");

const [begin, end] = ["<!-- rules -->", "<!-- /rules -->"];
const unlisted = "-unlisted";

/** The document with its table as it must be. */
export function wiringText(document = readFileSync(wiringDocument, "utf8")): string {
  const kinds = propertyRules.flatMap(({ id }) =>
    id.endsWith(unlisted) ? [id.slice(0, -unlisted.length)] : [],
  );
  const table = [
    `${allRules.length} rules. Relations between resources:`,
    "",
    "| `Wiring::` | demand, or the consequence of breaking it |",
    "|---|---|",
    ...allRules.filter((rule) => !propertyRules.includes(rule)).map(({ id, demand }) => row([id], demand)),
    "",
    "Single properties; the rule is named after the property:",
    "",
    "| `Wiring::` | otherwise |",
    "|---|---|",
    ...[...Map.groupBy(propertyRules, ({ demand }) => demand)]
      .map(
        ([demand, rules]) =>
          [demand, rules.map(({ id }) => id).filter((id) => !id.endsWith(unlisted))] as const,
      )
      .filter(([, ids]) => ids.length > 0)
      .map(([demand, ids]) => row(ids, demand)),
    `| \`KIND${unlisted}-…\` | the rules do not know whether the property is safe; kinds: ${kinds.join(", ")} |`,
  ];
  const [before = "", rest = ""] = document.split(begin);
  const [, after = ""] = rest.split(end);
  return `${before}${begin}\n${table.join("\n")}\n${end}${after}`;
}

function row(ids: readonly string[], demand: string): string {
  return `| ${ids.map((id) => `\`${id}\``).join("<br>")} | ${demand} |`;
}

if (import.meta.main) writeFileSync(wiringDocument, wiringText());
