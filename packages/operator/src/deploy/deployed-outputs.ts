// The outputs of the stage that is deployed to, before and after. The checks of a deployment look there: one that cannot look
// says so.
import type { Outputs } from "../connect/connection.ts";
import { stageOutputs, UnknownStage } from "../connect/stage-outputs.ts";
import { printError } from "../terminal/print.ts";
import { UsageError } from "../terminal/usage-error.ts";

/**
 * Empty before the first deployment, and for who may not read them: then CloudFormation refuses what must not be.
 *
 * @throws Error when they cannot be read for another reason: another attempt may see what must be checked
 */
export async function outputsBefore(stage: string): Promise<Outputs> {
  try {
    return await stageOutputs(stage);
  } catch (cause) {
    if (cause instanceof UnknownStage) return {};
    const failure = `Could not read the deployed stacks (${reasonOf(cause)})`;
    if (!mayNotRead(cause)) throw new Error(`${failure}: nothing was deployed. Try again.`, { cause });
    printError(
      `${failure}. So nobody checks whether evidence must be moved, whether scheduled messages are left behind, and which ` +
        "consumers are paused.",
    );
    return {};
  }
}

/** Those of before, when they cannot be read. */
export async function outputsAfter(stage: string, before: Outputs): Promise<Outputs> {
  try {
    return await stageOutputs(stage);
  } catch (error) {
    if (error instanceof UnknownStage) return {};
    printError(
      `Could not read the deployed stacks (${reasonOf(error)}). Consumers that are new or renamed are not checked: ` +
        "npm run consumers -- list",
    );
    return before;
  }
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name } = error;
  const message = error.message.replace(/\.$/, ""); // it stands in a sentence
  return error instanceof UsageError || name === "Error" ? message : `${name}: ${message}`;
}

/** Also without a region or the code of a second factor: the CDK has a default, or asks. */
function mayNotRead(error: unknown): boolean {
  return error instanceof UsageError || (error instanceof Error && /^AccessDenied/.test(error.name));
}
