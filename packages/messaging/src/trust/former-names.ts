// A middleware that was written for the release before has `vouch`. It is read for one more release: not to ask it would let
// a forgery hold its group. CHANGELOG.md
import type { MessageMiddleware } from "../commit/delivery.ts";

type Authenticate = MessageMiddleware["authenticate"];

export function authenticateOf(middleware: MessageMiddleware): Authenticate {
  return middleware.authenticate ?? (middleware as { readonly vouch?: Authenticate }).vouch;
}
