// The app of docs/adopt.md, written from the page into a directory of its own: each block that begins with a path is that file.
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { temporaryDirectory } from "@essentially-once/testing/synthesized";

export interface PageApp {
  readonly files: readonly string[];
  /** Runs a program of the app as the CDK would; the assembly's directory. Rejects with what it said. */
  synthesize(program: string, options?: { readonly bundles?: boolean }): Promise<string>;
}

export function pageApp(document = "docs/adopt.md"): PageApp {
  const project = temporaryDirectory("adopt");
  const blocks = readFileSync(document, "utf8").matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms);
  const files = [...blocks].map(([, path = "", code = ""]) => {
    mkdirSync(join(project, dirname(path)), { recursive: true });
    writeFileSync(join(project, path), code);
    return path;
  });
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(project, "package-lock.json"), "{}"); // by which the CDK finds the root of a project
  symlinkSync(resolve("node_modules"), join(project, "node_modules"));
  return {
    files,
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
