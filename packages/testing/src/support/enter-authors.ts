// The relay of a test knows the test's own functions, beside those of the kit's app.
import type { Author } from "@essentially-once/messaging/internal/trust/authors";

export const kitTypes = ["kit.asked.v1", "kit.taken.v1", "kit.approved.v1"];

/** After `world.enter("Relay/")`, before the relay is loaded. */
export function enterAuthors(names: readonly string[], author: Partial<Author> = {}): void {
  const known = JSON.parse(process.env.AUTHORS ?? "{}");
  const added = names.map((name) => [name, { publishes: kitTypes, ...author }]);
  process.env.AUTHORS = JSON.stringify({ ...known, ...Object.fromEntries(added) });
}
