// Holds prose against the list of words: each finding names file, line, the words, and the plain words to write.
import { type Banned, banned, clauseFirst, ownTerms, sentenceWordsMax } from "./list.ts";
import { breaksIn, type Passage, passagesOf, sentencesOf, wordsOf } from "./prose.ts";

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly words: string;
  readonly instead: string;
}

export function findingsIn(file: string, source: string): Finding[] {
  const isDocument = file.endsWith(".md");
  const passages = passagesOf(file, file.endsWith("CHANGELOG.md") ? unreleased(source) : source);
  return passages
    .flatMap((passage) => [
      ...banned.filter((rule) => applies(rule, file)).flatMap((rule) => uses(rule, passage)),
      ...(isDocument ? sentenceFindings(passage) : []),
    ])
    .map((finding) => ({ file, ...finding }))
    .sort((one, other) => one.line - other.line);
}

/** The glossary has every own term once, in one or two sentences, and no other. */
export function glossaryFindings(file: string, source: string): Finding[] {
  const passages = passagesOf(file, source);
  const names = Object.keys(ownTerms);
  const findings: Finding[] = [];
  const entries = passages.flatMap(({ kind, text, line }, at) => {
    if (kind !== "heading" || at === 0) return [];
    const next = passages.findIndex((other, index) => index > at && other.kind === "heading");
    return [{ text, line, body: passages.slice(at + 1, next === -1 ? undefined : next) }];
  });
  for (const name of names) {
    const count = entries.filter(({ text }) => text === name).length;
    if (count !== 1)
      findings.push({
        file,
        line: 1,
        words: name,
        instead: `exactly one heading of its own, found ${count}`,
      });
  }
  for (const { text, line, body } of entries) {
    if (!names.includes(text))
      findings.push({ file, line, words: text, instead: "AWS's or the usual word: it is no own term" });
    const sentences = body.flatMap(sentencesOf).length;
    if (sentences < 1 || sentences > 2)
      findings.push({ file, line, words: text, instead: `one or two sentences, found ${sentences}` });
  }
  return findings;
}

/** Where a README uses an own term for the first time, it links to its entry. */
export function firstUseFindings(file: string, source: string): Finding[] {
  const prose = source.replace(/^```.*?^```[^\n]*$|<!--.*?-->/gms, (code) => code.replace(/[^\n]/g, " "));
  return Object.entries(ownTerms).flatMap(([name, use]) => {
    const anchor = `docs/glossary.md#${name.toLowerCase().replaceAll(" ", "-")}`;
    const first = use.exec(prose.replace(/\]\([^)]*\)/g, (target) => " ".repeat(target.length)));
    if (first === null) return [];
    const around = prose.slice(prose.lastIndexOf("[", first.index), prose.indexOf(")", first.index));
    if (around.includes(`](${anchor}`) && !around.slice(0, around.indexOf("](")).includes("\n\n")) return [];
    const line = 1 + breaksIn(prose.slice(0, first.index));
    return [{ file, line, words: first[0], instead: `link its first use: [${first[0]}](${anchor})` }];
  });
}

/** As `wc -w` counts: code, tables and all. */
export function wordCount(source: string): number {
  return source.split(/\s+/).filter((word) => word !== "").length;
}

function applies({ documentsOnly, files }: Banned, file: string): boolean {
  return (files?.test(file) ?? true) && (documentsOnly !== true || file.endsWith(".md"));
}

function uses({ pattern, instead }: Banned, { line, text }: Passage): Omit<Finding, "file">[] {
  const anySpace = new RegExp(pattern.source.replaceAll(" ", "\\s+"), `g${pattern.flags}`);
  return [...text.matchAll(anySpace)].map(({ 0: words, index }) => ({
    line: line + breaksIn(text.slice(0, index)),
    words: words.replace(/\s+/g, " "),
    instead,
  }));
}

function sentenceFindings(passage: Passage): Omit<Finding, "file">[] {
  if (passage.kind !== "paragraph") return [];
  return sentencesOf(passage).flatMap(({ line, text }) => {
    const count = wordsOf(text).length;
    const words = `${wordsOf(text).slice(0, 8).join(" ")} …`.replaceAll("⌜", "`…`");
    return [
      ...(count > sentenceWordsMax
        ? [
            {
              line,
              words,
              instead: `two sentences: this one has ${count} words, ${sentenceWordsMax} are the most`,
            },
          ]
        : []),
      ...(clauseFirst.test(text) ? [{ line, words, instead: "a noun as the subject" }] : []),
    ];
  });
}

/** The released sections say what was said. */
function unreleased(source: string): string {
  const [, before = "", section = ""] =
    /^(.*?)(^## [^\n]*unreleased.*?)(?=^## |$(?![\s\S]))/ims.exec(source) ?? [];
  return before.replace(/[^\n]/g, "") + section;
}
