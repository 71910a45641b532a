// Finds contracts that do not fit each other: those of an app when it is synthesized, and those of all apps when the
// registry of a stage is checked.
//
//   G2. No two functions have one name: each would treat the other's messages as already processed.
//   G3. A committed message has a destination: a published type without a subscriber is refused.
//   G6. No consumer waits for a message that no producer sends: an accepted type that nothing publishes is refused.
import type { Registration } from "./registration.ts";

export type Registered = Pick<Registration, "name" | "accepts" | "publishes" | "elsewhere">;

export interface RouteFaultsOptions {
  /** All apps are here, so nothing is elsewhere. */
  readonly all?: boolean;
}

/** One sentence for each fault, with the remedy. */
export function routeFaults(
  registered: readonly Registered[],
  { all = false }: RouteFaultsOptions = {},
): string[] {
  const published = new Set(registered.flatMap(({ publishes }) => publishes));
  const accepted = new Set(registered.flatMap(({ accepts }) => accepts.flat()));
  return [
    ...namesTwice(registered),
    ...registered.flatMap(({ name, accepts, elsewhere }) =>
      accepts
        .filter((versions) => !versions.some((type) => published.has(type)))
        .filter((versions) => all || !versions.some((type) => elsewhere.includes(type)))
        .map(
          ([type]) =>
            `${name} accepts ${type}, which no contract publishes: add it to a contract's \`publishes\`, or call ` +
            `expectFromElsewhere(...) in its stack`,
        ),
    ),
    ...registered.flatMap(({ name, publishes, elsewhere }) =>
      publishes
        .filter((type) => !accepted.has(type))
        .filter((type) => all || !elsewhere.includes(type))
        .map(
          (type) =>
            `${name} publishes ${type}, which no contract accepts: add a consumer, stop publishing it, or call ` +
            `acceptedElsewhere(...) in its stack`,
        ),
    ),
  ];
}

function namesTwice(registered: readonly Registered[]): string[] {
  const names = registered.map(({ name }) => name);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
    (name) =>
      `two functions have the name ${name}, so each would treat the other's messages as processed: give one another ` +
      `name, or pass its stack to the relay only once`,
  );
}
