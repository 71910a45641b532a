// A dry run of a dead letter as lines for a terminal: how it ended, and what the stage would keep of it.

import type { ItemChange, Pulled, PulledMessage } from "./pulled.ts";
import type { Shown } from "./show.ts";
import { linesOf } from "./shown-lines.ts";

export function pullLines(pulled: Pulled, shown: Shown): string[] {
  const { changes, messages, itemsRead, unanswered, outside, outcome } = pulled;
  const known = new Map(linesOf(shown));
  const commits = [...changes.map(changeLine), ...messages.map(messageLine)];
  return [
    `${shown.consumer} handled ${shown.id} on this machine: ${outcomeText(pulled)}.`,
    ...(commits.length > 0 ? ["It would commit:", ...commits.map((line) => `  ${line}`)] : []),
    ...(commits.length === 0 ? ["It would commit nothing."] : []),
    `Items read from the stage: ${itemsRead}.`,
    ...outside.map((host) => `Called outside: ${host}`),
    ...unanswered.map((line) => `Not as on the stage: ${line}`),
    `Evidence of the stage: ${known.get("evidence")}. A redrive ${known.get("a redrive")}.`,
    ...(outcome === "failed"
      ? ["A run that fails like this leaves the message to its visibility timeout."]
      : []),
  ];
}

function outcomeText({ outcome, code, detail, retryAfterSeconds, isDuplicate }: Pulled): string {
  const why = code === undefined ? "" : ` with ${code}`;
  const delay = retryAfterSeconds === undefined ? "" : `, again after ${retryAfterSeconds} s`;
  const what = isDuplicate ? "acknowledged as a duplicate" : outcome;
  return `${what}${why}${detail ? ` (${detail})` : ""}${delay}`;
}

function changeLine({ table, key, change, attributes, before, after }: ItemChange): string {
  const values = before || after ? `: ${valueText(before ?? null)} → ${valueText(after ?? null)}` : "";
  const which = attributes.length > 0 ? ` (${attributes.join(", ")})` : "";
  return `${change} in ${table} ${Object.values(key).join(" / ")}${which}${values}`;
}

/** As JSON; sets are lists, and bytes are base64. */
export function valueText(value: unknown): string {
  return JSON.stringify(value, (_name, one: unknown) => {
    if (one instanceof Set) return [...one];
    return one instanceof Uint8Array ? Buffer.from(one).toString("base64") : one;
  });
}

function messageLine({ type, id, to, due }: PulledMessage): string {
  const where = to.length > 0 ? `to ${to.join(", ")}` : "to no consumer of this app";
  return `${due === undefined ? "message" : `message at ${due}`} ${type} ${id} ${where}`;
}
