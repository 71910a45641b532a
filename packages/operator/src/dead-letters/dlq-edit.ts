// The work and the output of `npm run dlq -- edit`.

import { signerOf } from "../connect/signing.ts";
import { type ExitCode, exitCodes } from "../terminal/exit-code.ts";
import { readJson } from "../terminal/json-file.ts";
import { print, printJson } from "../terminal/print.ts";
import { authenticityText } from "./authenticity.ts";
import { type DlqJob as Job, visibilitySecondsOf } from "./dlq-job.ts";
import { type Edited, edit } from "./edit.ts";

export async function editVerb(job: Job): Promise<ExitCode> {
  const { connection, queues, known, given } = job;
  const [id = ""] = job.operands;
  const dryRun = !given.yes;
  const edited = await edit(connection, {
    queues,
    known,
    id,
    source: given.source,
    data: readJson("data", given.data ?? ""),
    sign: signerOf(known.keys),
    trust: given["trust-unverified"] ?? false,
    dryRun,
    visibilitySeconds: visibilitySecondsOf(given),
  });
  if (given.json) printJson({ dryRun, edited: edited ?? null });
  else if (edited === undefined) print(`No visible dead letter has the id ${id}.`);
  else sayEdited(edited, dryRun);
  return edited === undefined ? exitCodes.nothing : exitCodes.done;
}

function sayEdited(edited: Edited, dryRun: boolean): void {
  const { consumer, id, supersededBy, authenticity, kept, schemaChecked } = edited;
  const { source, type, partitionkey, sequence = "none" } = kept;
  print(`The signature of ${id}: ${authenticityText(authenticity)}.`);
  const sender = authenticity.kind === "unsigned" ? "" : ", under our signature";
  print(
    `Kept from the old message${sender}: source ${source}, type ${type}, key ${partitionkey}, sequence ${sequence}.`,
  );
  if (!schemaChecked) {
    print(`Not checked against a schema: no functions/*/contracts.ts here has a contract for ${consumer}.`);
  }
  const what = `${id} of ${consumer} superseded by ${supersededBy}`;
  print(dryRun ? `Would have ${what}: add --yes to do it.` : `${what}, which is sent.`);
}
