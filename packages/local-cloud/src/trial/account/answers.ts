// The answers that callers got against the items that exist: each answer names one, and each key became one.
import type { Answered } from "../send/requests.ts";

/** @param idIn the field of an answer that names an item */
export function answerFaults(
  answered: readonly Answered[],
  items: readonly { readonly id: string }[],
  idIn: string,
): { readonly lost: string[]; readonly doubled: string[] } {
  const existing = new Set(items.map(({ id }) => id));
  const named = answered.flatMap(({ key, answers }) =>
    answers.map((answer) => ({ key, id: String(answer[idIn]) })),
  );
  const ids = new Set(named.map(({ id }) => id));
  // An item that no answer names is a second one for some key, once every key has its answer.
  const isComplete = answered.every(({ answers }) => answers.length > 0);
  return {
    lost: named
      .filter(({ id }) => !existing.has(id))
      .map(({ key, id }) => `${key} was answered with ${id}, which does not exist`),
    doubled: [
      ...answered
        .filter(({ answers }) => answers.length > 1)
        .map(({ key, answers }) => `${key} has ${answers.length} different answers`),
      ...(isComplete ? items : [])
        .filter(({ id }) => !ids.has(id))
        .map(({ id }) => `${id} exists, and no answer names it`),
    ],
  };
}
