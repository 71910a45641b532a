// What must be so of messages that were altered on their way through a queue: parked for their signature, every one.
import type { Sandbox } from "@essentially-once/testing/internal/explorer/sandbox";

export interface Altered {
  /** Of the messages that came other than they were sent. */
  readonly ids: readonly string[];
  readonly violations: readonly string[];
}

/** Takes what is in the dead-letter queue; `sent` are the texts as they were sent, of which none is to be there. */
export async function alteredOnTheWay(
  sandbox: Sandbox,
  queue: string,
  sent: readonly string[],
): Promise<Altered> {
  const deadLetters = await sandbox.deadLetters(queue);
  const altered = deadLetters.filter(({ body }) => !sent.includes(body));
  return {
    ids: altered.map(({ body }) => (JSON.parse(body) as { id: string }).id),
    violations: [
      ...altered
        .filter(({ reason }) => reason !== "SIGNATURE_INVALID")
        .map(({ reason }) => `G7: what was altered is parked as ${reason}`),
      ...deadLetters
        .filter(({ body }) => sent.includes(body))
        .map(({ reason = "too many receives" }) => `G6: a good message is parked: ${reason}`),
    ],
  };
}
