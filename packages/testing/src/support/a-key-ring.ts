// A key store in memory, with the faults of a real one.
import { type KeyRing, keyRing } from "@essentially-once/messaging/internal/trust/key-ring";
import { writeKeyEntries } from "@essentially-once/messaging/internal/trust/key-secret";

export interface KeyStore {
  readonly ring: KeyRing;
  /** How often it was asked. */
  readonly asked: () => number;
  /** What it answers from now on: a secret, an error, or a promise that may never settle. */
  answer(next: string | Error | Promise<string>): void;
}

export function aKeyStore(
  first: string | Error | Promise<string>,
  { refreshSeconds }: { refreshSeconds?: number } = {},
): KeyStore {
  let asked = 0;
  let answer = first;
  async function load(): Promise<string> {
    asked += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  }
  return {
    ring: keyRing({ load, ...(refreshSeconds !== undefined && { refreshSeconds }) }),
    asked: () => asked,
    answer(next) {
      answer = next;
    },
  };
}

/** The text of a secret with keys of these ids, of which the last one signs. The same id has the same key in every call. */
export function aSecret(...ids: readonly string[]): string {
  const entries = ids.map((id, index) => ({
    id,
    secret: Buffer.from(id.padEnd(32, "*")).toString("base64"),
    signsFromMs: index,
  }));
  return writeKeyEntries(entries);
}
