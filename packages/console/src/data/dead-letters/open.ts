// One dead letter in full, by the code of `npm run dlq -- show`, with the secrets of its payload masked.

import { claimsOf } from "@essentially-once/operator/internal/connect/claims";
import { type Shown, show } from "@essentially-once/operator/internal/dead-letters/show";
import { linesOf } from "@essentially-once/operator/internal/dead-letters/shown-lines";
import type { OpenDeadLetter, Payload } from "../../api/dead-letter.ts";
import type { Reached } from "../reached.ts";
import { evidenceText } from "../seen/evidence-steps.ts";
import { rowOf } from "./groups.ts";
import type { History } from "./history.ts";
import { mask } from "./mask.ts";
import { jsonSchemaOf, typeIn } from "./schemas.ts";
import type { Known } from "./snapshot.ts";

/** A page shows no more. Characters. */
const PAYLOAD_MAX = 256 * 1_024;

export async function openDeadLetter(
  reached: Reached,
  known: Known,
  { history, payload }: { readonly history: History; readonly payload: boolean },
): Promise<OpenDeadLetter> {
  const shown = await showKnown(reached, known, payload);
  const { payload: _asked, original: _body, ...withoutPayload } = shown;
  const { signature, redrive, evidence, type } = shown;
  const contract = reached.known.contracts?.of(queueOf(reached, known).name);
  const found = typeIn(contract, type);
  const schema = found && jsonSchemaOf(found);
  const { unrestored } = known.deadLetter;
  const shownPayload = payload ? { payload: payloadOf(shown, reached, known) } : {};
  const isTrusted = "kind" in signature && (signature.kind === "valid" || signature.kind === "unsigned");
  return {
    ...rowOf(known, history),
    fields: linesOf(withoutPayload).filter(([name]) => !SHOWN_APART.has(name)),
    evidence: "unknown" in evidence ? `not known: ${evidence.unknown}` : evidenceText(evidence),
    redrive: "unknown" in redrive ? { outcome: "unknown", why: redrive.unknown } : redrive,
    attributes: shown.attributes,
    discards:
      "unknown" in shown.discards
        ? [`not known: ${shown.discards.unknown}`]
        : shown.discards.map(({ at, by, because }) => `${at} by ${by}: ${because}`),
    ...shownPayload,
    ...(schema && { schema }),
    mayEdit: type !== undefined && unrestored === undefined,
    needsTrust: !isTrusted,
  };
}

const SHOWN_APART = new Set(["payload", "as it came", "evidence", "a redrive", "attributes"]);

/** What a handler sees of it, whole: for an edit, which puts masked values back. */
export async function dataOf(reached: Reached, known: Known): Promise<unknown> {
  return (await showKnown(reached, known, true)).payload;
}

export function queueOf({ queues }: Reached, { deadLetter }: Known) {
  const queue = queues.find(({ consumer }) => consumer === deadLetter.consumer);
  if (queue) return queue;
  throw new Error(`there is no consumer ${deadLetter.consumer}`);
}

function showKnown(reached: Reached, known: Known, payload: boolean): Promise<Shown> {
  const { connection } = reached;
  const place = { dynamodb: connection.dynamodb, queue: queueOf(reached, known) };
  const claims = claimsOf(connection);
  return show(place, known.deadLetter, { known: reached.known, payload, claims });
}

/** It says which of the data are secret. */
export function schemaOf(reached: Reached, known: Known) {
  const contract = reached.known.contracts?.of(queueOf(reached, known).name);
  const found = typeIn(contract, known.deadLetter.type);
  return found && jsonSchemaOf(found);
}

function payloadOf({ payload }: Shown, reached: Reached, known: Known): Payload {
  const unread = Object(payload) as { unknown?: unknown };
  if (typeof unread.unknown === "string" && Object.keys(unread).length === 1) {
    return { text: `It could not be read: ${unread.unknown}`, masked: [], cut: false };
  }
  const { value, masked } = mask(payload, schemaOf(reached, known));
  const text =
    typeof value === "string" && payload === known.deadLetter.body ? value : JSON.stringify(value, null, 2);
  const cut = text.length > PAYLOAD_MAX;
  return { text: cut ? text.slice(0, PAYLOAD_MAX) : text, masked, cut };
}
