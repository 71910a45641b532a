// The id of a message that is not in its body, or that a correction has: it goes beside the message, see origin.ts.
import { derivedId } from "../core/ids.ts";
import { bodyId } from "./message-group.ts";

/** A message attribute. */
export const givenIdName = "EssentiallyOnceId";

/** What names a message in the line of its group: its bytes, and its id when that is not among them. */
export function heldId(body: string, givenId: string | undefined): string {
  return givenId === undefined ? bodyId(body) : derivedId("body", body, givenId);
}
