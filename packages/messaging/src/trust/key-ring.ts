// The signing keys: one signs, all verify, so that a rotation rejects no message signed before it.
//
//   G7. A signature by a key that is not in the store is rejected.
//   G11. The store is read by one request at a time, not too often, and with a timeout.
//
// A failure of the store is no fault of a message: the message waits, and is never parked for it.
import type { KeyObject } from "node:crypto";
import { nowMs } from "../core/clock.ts";
import { RetryLater } from "../core/outcome.ts";
import { log } from "../observe/log.ts";

export interface Key {
  readonly id: string;
  readonly secret: KeyObject;
}

export interface KeyRing {
  /** The key that signs now. Throws RetryLater KEYS_UNAVAILABLE. */
  current(): Promise<Key>;
  /**
   * The key of this id, or undefined when it is not known: neither now, nor when the store was last asked, which
   * is not long ago.
   * @throws RetryLater KEYS_UNAVAILABLE
   */
  find(id: string): Promise<Key | undefined>;
}

/** The text of the secret has neither of its forms. The message names ids and lengths, never a key. */
export class KeysInvalid extends Error {
  override readonly name = "KeysInvalid";
}

export interface KeyRingOptions {
  /** Reads the text of the secret; key-secret.ts describes it. */
  readonly load: () => Promise<string>;
  /** How old the keys may become before they are read again, when the store answers. */
  readonly refreshSeconds?: number;
}

export interface Keys {
  readonly byId: ReadonlyMap<string, Key>;
  signingAt(nowMs: number): Key;
}

const refreshSecondsDefault = 300;
/** An unknown key id may be a new key or a forgery: the shortest time between two reads of the store for that. Also the
 * pause after a failure while older keys still serve. Milliseconds. */
export const askAgainMs = 10_000;
/** A store that does not answer must leave the invocation time to put its messages off. Milliseconds. */
const loadMsMax = 2_000;
/**
 * So long older keys serve when the store fails; a key that was withdrawn must end some day. And so long, at least,
 * a new key is in the store before it signs. Milliseconds.
 */
export const staleMsMax = 3_600_000;
/** Five receives outlast a store that is down for two minutes. */
const unavailableRetrySeconds = 30;

/**
 * A ring that reads its keys on first use and keeps them.
 * ```ts
 * const keys = keyRing({ load: async () => readFile("/run/secrets/signing-keys", "utf8") });
 * ```
 */
export function keyRing({ load, refreshSeconds = refreshSecondsDefault }: KeyRingOptions): KeyRing {
  if (!(refreshSeconds >= 1 && refreshSeconds * 1_000 <= staleMsMax)) {
    throw new Error(`refreshSeconds must be from 1 to ${staleMsMax / 1_000}, got ${refreshSeconds}`);
  }
  let keys: Keys | undefined;
  let loadedAtMs = 0;
  let askedAtMs = 0;
  let asking: Promise<Keys> | undefined;
  let failure: RetryLater | undefined;

  return {
    async current() {
      return (await usable()).signingAt(nowMs());
    },
    async find(id) {
      const before = keys;
      const ring = await usable();
      const key = ring.byId.get(id);
      if (key !== undefined || ring !== before) return key; // the store was just asked
      if (!asking && nowMs() < askedAtMs + askAgainMs) {
        if (failure) throw failure; // the store did not say that there is no such key
        return undefined;
      }
      return (await ask()).byId.get(id);
    },
  };

  async function usable(): Promise<Keys> {
    if (keys === undefined) return ask();
    const now = nowMs();
    if (now < loadedAtMs + refreshSeconds * 1_000) return keys;
    const stale = now >= loadedAtMs + staleMsMax;
    if (!stale && now < askedAtMs + askAgainMs) return keys;
    const older = keys;
    return stale ? ask() : ask().catch(() => older);
  }

  /** Asks the store; those who ask at the same time share the answer. */
  function ask(): Promise<Keys> {
    asking ??= askStore().finally(function forget() {
      asking = undefined;
    });
    return asking;
  }

  async function askStore(): Promise<Keys> {
    askedAtMs = nowMs();
    try {
      // How to read them is loaded while the store answers.
      const [text, { readKeys }] = await Promise.all([withinBound(load()), import("./key-secret.ts")]);
      keys = readKeys(text);
      loadedAtMs = askedAtMs;
      failure = undefined;
      return keys;
    } catch (cause) {
      // A foreign message may quote the secret; that of KeysInvalid names ids and lengths only.
      const detail = cause instanceof KeysInvalid ? cause.message : undefined;
      log("error", "KEYS_NOT_LOADED", {
        errorCode: cause instanceof Error ? cause.name : typeof cause,
        detail,
      });
      failure = new RetryLater("KEYS_UNAVAILABLE", unavailableRetrySeconds, { cause, waited: true });
      throw failure;
    }
  }
}

async function withinBound(loading: Promise<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`the key store took more than ${loadMsMax} ms`)), loadMsMax);
  });
  return Promise.race([loading, bound]).finally(() => clearTimeout(timer));
}
