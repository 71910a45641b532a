// The account on one screen: at most 80 columns wide, the verdict last. `--verbose` prints all of it, and the page shows it.

import { printable } from "@essentially-once/operator/safe-text";
import { type Account, summaryOf, verdictOf } from "./report.ts";

const COLUMNS = 80;
/** Lines of a paragraph of figures. */
const FIGURE_LINES_MAX = 2;
const REASONS_MAX = 12;
const SAID_MAX = 5;

/** @param stays what is said of a local cloud that stays up; empty for one that ends */
export function shortReportOf(account: Account, stays = ""): string {
  const { ok } = summaryOf(account);
  const { invariants, stuck } = account;
  const parts = [
    invariants.flatMap(({ name, holds, evidence }) => invariantLines(name, holds, evidence)).join("\n"),
    [figureLines(account), troubleLines(account), deadLetterLines(account)].flat().join("\n"),
    ok ? undefined : culpritsOf(account),
    stuck === undefined ? undefined : wrapped(`✗ ${stuck}`).join("\n"),
    stays,
    verdictOf(account),
  ];
  return `\n${parts.filter(Boolean).join("\n\n")}\n`;
}

/** The figures of one that holds stand beside it where they fit; what is wrong is told whole. */
function invariantLines(name: string, holds: boolean, evidence: string): string[] {
  if (!holds) return wrapped(`✗ ${name}: ${printable(evidence)}`);
  const line = `✓ ${name}: ${printable(evidence)}`;
  return [evidence !== "" && line.length <= COLUMNS ? line : `✓ ${name}`];
}

function figureLines({ sends, figures, measured }: Account): string[] {
  const all = [
    ...figures.map(([name, text]) => `${name} ${text}`),
    `${measured.messagesPerSecond} messages/s`,
  ];
  for (let count = all.length; count > 0; count--) {
    const lines = wrapped(`${sends}: ${all.slice(0, count).join("; ")}`);
    if (lines.length <= FIGURE_LINES_MAX) return lines;
  }
  return [];
}

function troubleLines({ counts, chaos }: Account): string[] {
  const { kills, doubleDeliveries, droppedResponses, lostConnections, redelivered, duplicatesAbsorbed } =
    counts;
  return wrapped(
    `trouble (chaos ${chaos}): ${kills} processes killed, ${doubleDeliveries} batches delivered twice, ` +
      `${droppedResponses} answers dropped, ${lostConnections} connections lost; ` +
      `${redelivered} messages redelivered, ${duplicatesAbsorbed} duplicates absorbed`,
  );
}

function deadLetterLines({ deadLetters }: Account): string[] {
  const reasons = [...Map.groupBy(deadLetters, ({ reason }) => reason)];
  const counts = reasons
    .sort((a, b) => b[1].length - a[1].length)
    .map(([reason, { length }]) => `${length} ${printable(reason, 40)}`);
  const more = counts.length > REASONS_MAX ? `, and ${counts.length - REASONS_MAX} other reasons` : "";
  const told = counts.length === 0 ? "none" : `${counts.slice(0, REASONS_MAX).join(", ")}${more}`;
  return wrapped(`dead letters: ${told}`);
}

function culpritsOf({ denials, troubles }: Account): string {
  const lines = [...denials, ...troubles].slice(0, SAID_MAX);
  return lines.flatMap((line) => wrapped(printable(line, 300))).join("\n");
}

/** At blanks; what follows the first line is indented. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = `  ${word}`;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
