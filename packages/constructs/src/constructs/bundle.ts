// A file of `functions/` → the code of a Lambda function.
//
// CDK's NodejsFunction would start npx for each function, which takes longer than all the rest of a synthesis, and
// falls back to Docker. This is the same esbuild, in process; it needs no network.
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { AssetHashType, DockerImage, type ILocalBundling } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { writeBundle } from "../bundle/make-bundle.ts";
import { projectRoot } from "../bundle/project.ts";

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
    chmodSync(outputDirectory, 0o755); // CDK opens it to all for a container, and who can write it decides what is deployed
    writeBundle(join("functions", this.entry), outputDirectory);
    return true;
  }
}
