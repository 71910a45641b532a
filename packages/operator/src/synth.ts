// `npm run synth`: the stacks as they would be deployed, into cdk.out. It takes the options of `cdk synth`.
import { cdk } from "./connect/cdk.ts";
import { enterEnvironment } from "./connect/shell-environment.ts";
import { runCommand } from "./terminal/exit-code.ts";

await runCommand(async () => {
  enterEnvironment("aws");
  return (await cdk(["synth", "--quiet", ...process.argv.slice(2)])) as 0 | 1;
});
