// The command line of `npm run dlq`.

import { parseArgs } from "node:util";
import { UsageError, usageErrorFrom } from "./usage-error.ts";

export interface DlqCommand {
  readonly action: "list" | "redrive" | "discard" | "help";
  readonly queue?: string;
  readonly json: boolean;
  readonly yes: boolean;
  readonly selection?: Selection;
  readonly outputsFile?: string;
  readonly cloudFile?: string;
}

export type Selection =
  | { readonly by: "all" }
  | { readonly by: "reason"; readonly reasons: readonly string[] }
  | { readonly by: "id"; readonly ids: readonly string[] };

export const DLQ_HELP = `The dead letters of the running local cloud, or of a deployment: what was parked, why, and back again.

  npm run dlq -- list                          every dead letter with its reason; nothing is moved
  npm run dlq -- redrive --id ID [--id ID]     back to the queue they came from: these
  npm run dlq -- redrive --reason CODE         ... all that were parked for this reason
  npm run dlq -- redrive --all                 ... all
  npm run dlq -- discard --id ID               deleted for good; selected like a redrive

Of a FIFO queue only the first dead letters of each group can be seen. A redrive of one brings its whole group, in
order; a discard takes out what it names, and the next of the group waits for a redrive.

  --yes            do it; without it a redrive or a discard only says what it would do
  --queue NAME     only the dead letters of this consumer, as in ReserveCredit or reserve-credit
  --json           one JSON document instead of a table
  --outputs FILE   a deployment's outputs (cdk deploy --outputs-file FILE) instead of the local cloud;
                   region, credentials and AWS_ENDPOINT_URL_SQS are taken from the environment
  --cloud FILE     the file of another local cloud (default .local-cloud/cloud.json)
  --help           this text

Remove the cause before a redrive: a message that is parked again has only taken the tour.
Exit codes: 0 done, 1 nothing matched or a failure, 2 a command line that cannot be carried out.
`;

const FLAGS = {
  id: { type: "string", multiple: true },
  reason: { type: "string", multiple: true },
  all: { type: "boolean" },
  yes: { type: "boolean" },
  queue: { type: "string" },
  json: { type: "boolean" },
  outputs: { type: "string" },
  cloud: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

export function parseDlqArguments(argv: readonly string[]): DlqCommand {
  const { values, positionals } = parsed(argv);
  const { queue, outputs, cloud, json = false, yes = false } = values;
  const [action = "help", ...extra] = values.help ? ["help"] : positionals;
  if (extra.length > 0) throw new UsageError(`Unexpected ${JSON.stringify(extra[0])} after ${action}.`);
  if (action !== "list" && action !== "redrive" && action !== "discard" && action !== "help") {
    throw new UsageError(`The command must be list, redrive or discard, got ${JSON.stringify(action)}.`);
  }
  const selection = selectionOf(values);
  if ((action === "redrive" || action === "discard") && !selection) {
    throw new UsageError(`Say which dead letters to ${action}: --id ID, --reason CODE or --all.`);
  }
  if (action === "list" && (selection || yes)) {
    throw new UsageError(
      "--id, --reason, --all and --yes belong to redrive and discard; list takes --queue and --json.",
    );
  }
  return {
    action,
    json,
    yes,
    ...(queue !== undefined && { queue }),
    ...(selection && { selection }),
    ...(outputs !== undefined && { outputsFile: outputs }),
    ...(cloud !== undefined && { cloudFile: cloud }),
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw usageErrorFrom(error, Object.keys(FLAGS));
  }
}

function selectionOf(values: { id?: string[]; reason?: string[]; all?: boolean }): Selection | undefined {
  const { id: ids, reason: reasons, all } = values;
  const selections: Selection[] = [];
  if (ids) selections.push({ by: "id", ids });
  if (reasons) selections.push({ by: "reason", reasons });
  if (all) selections.push({ by: "all" });
  if (selections.length > 1) throw new UsageError("Give only one of --id, --reason and --all.");
  return selections[0];
}
