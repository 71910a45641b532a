// The words of documents, comments, strings and test titles: plain ones, short sentences, own terms from the glossary.
// Each rule is seen to fail on a breach of it.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findingsIn, firstUseFindings, glossaryFindings } from "./words/check.ts";
import { banned, ownTerms, sentenceWordsMax } from "./words/list.ts";
import { allFindings, told, wordedFiles } from "./words.ts";

const files = wordedFiles();
const glossary = readFileSync("docs/glossary.md", "utf8");

describe("words", () => {
  it.each([
    ["documents", (file: string) => file.endsWith(".md")],
    ["comments, strings and test titles", (file: string) => file.endsWith(".ts")],
  ])("%s have plain words", (_, belongs) => {
    const read = files.filter(belongs);
    expect(read.length).toBeGreaterThan(30);
    expect(read.flatMap((file) => allFindings(file)).map(told)).toEqual([]);
  });

  it.each(banned.map((rule) => [rule.example, rule] as const))("refuses “%s”", (example, rule) => {
    const file = rule.files ? "packages/testing/src/a.ts" : rule.documentsOnly ? "docs/a.md" : "lib/a.ts";
    const source = file.endsWith(".md") ? `Good.\n\nSo ${example}.` : `const a = 1;\n\n// So ${example}.`;
    expect(findingsIn(file, source)).toMatchObject([{ file, line: 3, instead: rule.instead }]);
  });

  it("reads comments, strings and templates, across lines, and no names", () => {
    const source = [
      'import { letter } from "./letter.ts";',
      "// A message that comes",
      "// again is a duplicate.",
      'const quoted = /"/.test(`the story of the',
      "letter`);",
      'it("shows a letter", () => letter.story);',
    ].join("\n");
    expect(findingsIn("lib/a.ts", source).map(({ line, words }) => [line, words])).toEqual([
      [2, "comes again"],
      [4, "story"],
      [5, "letter"],
      [6, "letter"],
    ]);
  });

  it("reads code in backticks as a name", () => {
    for (const source of [
      "// Calls `vouch`.",
      'it("calls `vouch` once", a);',
      "a(`calls \\`vouch\\` once`);",
    ])
      expect(findingsIn("lib/a.ts", source)).toEqual([]);
    expect(findingsIn("lib/a.ts", "// `One` to vouch for `two`.")).toHaveLength(1);
  });

  it("lets usual words through", () => {
    for (const text of ["a dead letter", "64 letters and digits", "a lot", "a claim check"])
      expect(findingsIn("docs/a.md", `It is ${text}.`)).toEqual([]);
  });

  it("reads only what is not released of the changelog", () => {
    const changelog = "# Changes\n\n## 0.2.0 (unreleased)\n\nA story.\n\n## 0.1.0\n\nA story.\n";
    expect(findingsIn("CHANGELOG.md", changelog).map(({ line }) => line)).toEqual([5]);
  });

  it(`refuses a sentence of more than ${sentenceWordsMax} words in a document, but for tables and code`, () => {
    const words = (count: number) => `${"word ".repeat(count - 1)}word`;
    const of = (text: string) => findingsIn("docs/a.md", text).map(({ line }) => line);
    expect(of(`Short.\nOne ${words(30)}.`)).toEqual([2]);
    expect(of(`One ${words(29)}. One ${words(29)}.`)).toEqual([]);
    expect(of(`- ${words(20)}\n- ${words(20)}`)).toEqual([]);
    expect(of(`| ${words(40)} |`)).toEqual([]);
    expect(of(`\`\`\`ts\n// ${words(40)}\n\`\`\``)).toEqual([]);
    expect(findingsIn("lib/a.ts", `// ${words(40)}`)).toEqual([]);
  });

  it("refuses a sentence that begins with a clause instead of a noun", () => {
    expect(findingsIn("docs/a.md", "Good. What was done is removed.")).toHaveLength(1);
    expect(findingsIn("docs/a.md", "# What is promised\n\nWhat is promised?")).toEqual([]);
  });

  it("refuses a glossary without a term, with one twice, with another one, or with a long entry", () => {
    const of = (text: string) => glossaryFindings("docs/glossary.md", text).map(({ words }) => words);
    expect(of(glossary)).toEqual([]);
    expect(of(glossary.replace("## Lease", "### The lock"))).toEqual(["Lease", "The lock"]);
    expect(of(`${glossary}\n## Lease\n\nAgain.\n`)).toEqual(["Lease"]);
    expect(of(glossary.replace(/^## Lease$/m, "$&\n\nOne. Two."))).toEqual(["Lease"]);
  });

  it("asks README to link an own term where it is first used", () => {
    const linked = Object.keys(ownTerms)
      .slice(0, 1)
      .map((name) => `[${name}](docs/glossary.md#${name.toLowerCase()})`);
    expect(firstUseFindings("README.md", `A ${linked}, and a contract.`)).toEqual([]);
    expect(firstUseFindings("README.md", `A contract, and a ${linked}.`)).toHaveLength(1);
    expect(firstUseFindings("README.md", "A [contract](docs/architecture.md).")).toHaveLength(1);
    expect(firstUseFindings("README.md", "Nothing of ours.\n\n```ts\ncontract();\n```\n")).toEqual([]);
  });
});
