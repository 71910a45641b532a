// The app of docs/adopt.md, in a directory of its own.
import { execFile } from "node:child_process";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { temporaryDirectory } from "@essentially-once/testing/synthesized";

const source = join(import.meta.dirname, "app");

export interface PageApp {
  /** Runs a program of the app as the CDK would; the assembly's directory. Rejects with its output. */
  synthesize(program: string, options?: { readonly bundles?: boolean }): Promise<string>;
}

/** Blocks of the page, with the path in their first line, that are not part of that file. */
export function strayBlocks(document = readFileSync("docs/adopt.md", "utf8")): string[] {
  const blocks = [...document.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  if (blocks.length === 0) throw new Error("the page has no code");
  return blocks.filter((block) => {
    const [, path = "", code = ""] = /^\/\/ (\S+)\n(.*)$/s.exec(block) ?? [];
    return !readFileSync(join(source, path), "utf8").includes(code);
  });
}

export function pageApp(): PageApp {
  const project = temporaryDirectory("adopt");
  cpSync(source, project, { recursive: true });
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(project, "package-lock.json"), "{}"); // by which the CDK finds the root of a project
  symlinkSync(resolve("node_modules"), join(project, "node_modules"));
  return {
    async synthesize(program, { bundles = true } = {}) {
      const directory = temporaryDirectory("adopt-assembly");
      const context = bundles ? {} : { "aws:cdk:bundling-stacks": [] };
      await promisify(execFile)(process.execPath, [program], {
        cwd: project,
        env: {
          ...process.env,
          CDK_OUTDIR: directory,
          CDK_CONTEXT_JSON: JSON.stringify(context),
          CDK_VALIDATION: "false", // the CloudFormation validator takes longer than all the rest
        },
      });
      return directory;
    },
  };
}
