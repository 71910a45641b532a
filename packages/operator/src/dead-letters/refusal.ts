// Tells whether AWS refused a request because of the content of one message: then that message is left and reported, and
// the others go on. Any other error (no permission, no queue, no response) would occur for each message.

import { permanentReason } from "@essentially-once/messaging/internal/aws/permanent";
import type { Decision } from "./decision.ts";

/** The name of the error; undefined when it is no such refusal. */
export function refusalOf(error: unknown): string | undefined {
  const code = permanentReason(error)?.code;
  const isAboutTheMessage = code === "REQUEST_REFUSED" || code === "VALUE_UNSTORABLE";
  return isAboutTheMessage && error instanceof Error ? error.name : undefined;
}

/** What was decided is done; one that AWS refuses for what it says is left. */
export async function actOr(
  decision: Decision,
  act: (decision: Decision) => Promise<void>,
): Promise<Decision> {
  try {
    await act(decision);
    return decision;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    return { outcome: "left", why: `it cannot be sent unchanged (${refusal}): edit or discard it` };
  }
}
