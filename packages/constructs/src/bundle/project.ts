/** The app whose stacks these are: the directory that the CDK synthesizes in, where cdk.json is. */
export const projectRoot: string = process.cwd();
