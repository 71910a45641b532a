// An edit, by the code of `npm run dlq -- edit`, after the data were held against the schema: its errors stand beside the fields.

import { signerOf } from "@essentially-once/operator/internal/connect/signing";
import { edit } from "@essentially-once/operator/internal/dead-letters/edit";
import type { EditAnswer, EditRequest } from "../../api/dead-letter.ts";
import { jsonData } from "../json-data.ts";
import type { Reached } from "../reached.ts";
import { NotRight } from "../source.ts";
import { unmask } from "./mask.ts";
import { dataOf, queueOf, schemaOf } from "./open.ts";
import { typeIn } from "./schemas.ts";
import type { Known } from "./snapshot.ts";

/** @throws NotRight with the places; UsageError when the message cannot be edited */
export async function editWithFields(
  reached: Reached,
  known: Known,
  { dryRun, data: text, trust = false }: EditRequest,
): Promise<EditAnswer | undefined> {
  const old = await dataOf(reached, known);
  const data = unmask(jsonData(text), { old, schema: schemaOf(reached, known) });
  await check(reached, known, data);
  const { connection, known: knowledge } = reached;
  const [copy] = known.deadLetter.copies;
  const edited = await edit(connection, {
    queues: [queueOf(reached, known)],
    known: knowledge,
    id: copy?.MessageId ?? known.deadLetter.id,
    data,
    sign: signerOf(knowledge.keys),
    trust,
    dryRun,
  });
  if (edited === undefined) return undefined;
  const { id, supersededBy, schemaChecked } = edited;
  const unchecked = schemaChecked
    ? ""
    : " Nothing held it against a schema: no contract of its consumer is here.";
  const what = dryRun
    ? `Would be superseded by ${supersededBy}.`
    : `Superseded by ${supersededBy}, which is sent.`;
  return { dryRun, id, supersededBy, schemaChecked, text: `${what}${unchecked}` };
}

/** Data of an older version are held against that version, by the edit itself. */
async function check(reached: Reached, known: Known, data: unknown): Promise<void> {
  const { type } = known.deadLetter;
  const contract = reached.known.contracts?.of(queueOf(reached, known).name);
  const found = typeIn(contract, type);
  if (found === undefined || found.type !== type) return;
  const { issues } = await found.schema["~standard"].validate(data);
  if (issues === undefined) return;
  throw new NotRight(
    `The data do not fit ${type}.`,
    issues.map(({ path = [], message }) => ({ path: pointer(path), message })),
  );
}

function pointer(path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string {
  return path
    .map((part) => String(typeof part === "object" ? part.key : part))
    .map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}
