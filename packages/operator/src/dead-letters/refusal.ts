// Whether AWS refused a request for what one message says: then that message is left and told, and the others go on.
// What else goes wrong (no permission, no queue, no answer) would go wrong for each of them.

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
