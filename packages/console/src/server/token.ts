// The right to use the console: a random token of this run, in the fragment of the address that the terminal prints.
//
//   A browser sends the fragment to nobody, and keeps no cookie that other servers of 127.0.0.1 would get: cookies know no ports.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

export interface Token {
  readonly text: string;
  /** @param authorization the header of a request */
  isIn(authorization: string | undefined): boolean;
}

const TOKEN_BYTES = 32;

export function newToken(text = randomBytes(TOKEN_BYTES).toString("base64url")): Token {
  const wanted = digest(`Bearer ${text}`);
  return {
    text,
    isIn: (authorization = "") => timingSafeEqual(digest(authorization), wanted),
  };
}

/** Of equal length for any text, so that the comparison takes the same time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
