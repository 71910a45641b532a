// `npm run synth`: the stacks as they would be deployed, into cdk.out. It takes the options of `cdk synth`.
import { cdk } from "./cdk.ts";
import { runCommand } from "./exit-code.ts";
import { enterEnvironment } from "./shell-environment.ts";

await runCommand(async () => {
  enterEnvironment("aws");
  return (await cdk(["synth", "--quiet", ...process.argv.slice(2)])) as 0 | 1;
});
