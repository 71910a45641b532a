// A file of `functions/` → the directory that Lambda runs: ES modules with everything in them, and their source maps.
//
// CDK's NodejsFunction would start npx for each function, which takes longer than all the rest of a synthesis, and
// falls back to Docker. This is the same esbuild, in process; it needs no network.
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AssetHashType, DockerImage, type ILocalBundling } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { type BuildOptions, buildSync, formatMessagesSync } from "esbuild";
import { joinStart } from "./start-file.ts";

/**
 * The code of a function whose `handler` is exported by `functions/<entry>`. Its hash depends on what is in the
 * bundle, not on where it was made.
 */
export function bundle(entry: string): Code {
  return Code.fromAsset(projectRoot, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: { image: DockerImage.fromRegistry("never-used"), local: new EsbuildBundling(entry) },
  });
}

export class EsbuildBundling implements ILocalBundling {
  // CDK takes two bundlings with equal properties for the same one, so the entry has to be a property.
  readonly entry: string;

  constructor(entry: string) {
    this.entry = entry;
  }

  tryBundle(outputDirectory: string): boolean {
    const { outputFiles, metafile, warnings } = buildSync({
      ...form,
      absWorkingDir: projectRoot,
      entryPoints: [join("functions", this.entry)],
      outdir: ".",
      entryNames: "index",
      outExtension: { ".js": ".mjs" },
      splitting: true, // what is imported lazily stays a file of its own: a third less to load at a cold start
      write: false, // written below: paths in the source map are relative to the project, wherever the output goes
      bundle: true, // the SDK too: the one we tested, not the one the runtime happens to carry
      mainFields: ["module", "main"], // the ES modules of the SDK can be shaken, its CommonJS cannot
      metafile: true,
    });
    const [warning] = formatMessagesSync(warnings, { kind: "warning" });
    if (warning !== undefined)
      throw new Error(`functions/${this.entry} cannot be bundled cleanly: ${warning}`);
    for (const { path, contents } of outputFiles) {
      writeFileSync(join(outputDirectory, basename(path)), contents);
    }
    joinStart(outputDirectory, metafile.outputs, form);
    return true;
  }
}

const form = {
  platform: "node",
  target: "node24",
  format: "esm",
  minify: true,
  sourcemap: true,
  sourcesContent: false, // file and line are enough for a stack trace, and a third of the size
  logLevel: "silent", // an error is thrown with all its text, and so is a warning
} as const satisfies BuildOptions;

const projectRoot = fileURLToPath(new URL("../../", import.meta.url));
