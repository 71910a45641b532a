// A middleware written for the release before has `vouch` instead of `authenticate`. The kit calls it for one more release:
// otherwise a forgery could hold its group. CHANGELOG.md
import type { MessageMiddleware } from "../commit/delivery.ts";

type Authenticate = MessageMiddleware["authenticate"];

export function authenticateOf(middleware: MessageMiddleware): Authenticate {
  return middleware.authenticate ?? (middleware as { readonly vouch?: Authenticate }).vouch;
}
