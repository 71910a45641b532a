// Prints the words that readers stumble over: `node packages/proofs/gates/words.ts [--json] [FILE…]`. Without files it
// reads every document and every source. Ends with 1 when it found something.
import { globSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Finding, findingsIn, firstUseFindings, glossaryFindings, wordCount } from "./words/check.ts";

const documents = "{README,SECURITY,CONTRIBUTING,CHANGELOG}.md,docs/**/*.md,packages/*/README.md";
const sources = "{bin,lib,functions,demo,test,packages}/**/*.ts";

/** Holds the words that it bans. */
const itself = /packages\/proofs\/gates\/words(\/|\.)/;

export function wordedFiles(): string[] {
  return globSync([...documents.split(/,(?![^{]*\})/), sources])
    .filter((file) => !file.includes("node_modules") && !itself.test(file))
    .sort();
}

export function allFindings(file: string, source = readFileSync(file, "utf8")): Finding[] {
  return [
    ...findingsIn(file, source),
    ...(file === "docs/glossary.md" ? glossaryFindings(file, source) : []),
    ...(file === "README.md" ? firstUseFindings(file, source) : []),
  ];
}

export function told({ file, line, words, instead }: Finding): string {
  return `${file}:${line} "${words}" → ${instead}`;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: { json: { type: "boolean" } },
    allowPositionals: true,
  });
  const files = (positionals.length > 0 ? positionals : wordedFiles()).map((file) => {
    const source = readFileSync(file, "utf8");
    return { file, words: wordCount(source), findings: allFindings(file, source) };
  });
  if (values.json) console.log(JSON.stringify(files, undefined, 2));
  else {
    for (const { findings } of files) for (const finding of findings) console.log(told(finding));
    for (const { file, words, findings } of files.filter(({ file }) => file.endsWith(".md")))
      console.log(
        `${String(words).padStart(7)} words ${String(findings.length).padStart(4)} findings  ${file}`,
      );
    const total = files.filter(({ file }) => file.endsWith(".md")).reduce((sum, { words }) => sum + words, 0);
    console.log(`${String(total).padStart(7)} words in documents`);
  }
  process.exitCode = files.some(({ findings }) => findings.length > 0) ? 1 : 0;
}
