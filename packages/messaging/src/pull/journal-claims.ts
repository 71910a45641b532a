// A journal that keeps the claim-check data of its entries: the S3 objects expire, entries do not, and a rebuild reads
// every entry.
//
//   G10. The data is kept before its message is appended, so every reader of the entry finds it.
//   G4. No message is appended after one whose data could not be kept.
import { type ClaimStore, claimStore } from "../commit/claim-store.ts";
import { atOnce, requestsAtOnce } from "../core/at-once.ts";
import { log } from "../observe/log.ts";
import type { Journal, JournalMessage } from "./journal.ts";

/**
 * The journal of a publisher whose messages may have gone by claim check.
 * ```ts
 * publisher({ outboxTable, routes, journal: keepingClaims(journal()) })
 * ```
 */
export function keepingClaims(journal: Journal, claims: ClaimStore = claimStore()): Journal {
  return {
    ...journal,
    async append(messages, options) {
      const kept = await countKept(messages);
      const results = await journal.append(messages.slice(0, kept), options);
      return messages.map((_, index) => results[index] ?? { kind: "unconfirmed" });
    },
  };

  /** How many messages, from the first on, have what they refer to. */
  async function countKept(messages: readonly JournalMessage[]): Promise<number> {
    const referring = [...messages.entries()].filter(([, { envelope }]) => envelope.dataref !== undefined);
    const kept = await atOnce(referring, requestsAtOnce, ([, { envelope }]) =>
      isKept(envelope.dataref ?? ""),
    );
    return referring[kept.indexOf(false)]?.[0] ?? messages.length;
  }

  async function isKept(dataref: string): Promise<boolean> {
    try {
      await claims.keep(dataref);
      return true;
    } catch (error) {
      const errorCode = error instanceof Error ? error.name : typeof error;
      log("warn", "CLAIM_NOT_KEPT", { dataref, errorCode });
      return false;
    }
  }
}
