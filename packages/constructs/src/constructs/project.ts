// The app whose stacks these are: the directory that the CDK synthesizes in, where cdk.json is.
import { join } from "node:path";

export const projectRoot: string = process.cwd();

/** What was found out about an app's bundles lasts as long as its packages. */
export const cacheDirectory: string = join(projectRoot, "node_modules/.cache/essentially-once");
