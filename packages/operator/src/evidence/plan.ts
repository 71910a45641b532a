// Plans which evidence goes to which table, from the outputs of a paused deployment: they name the functions, the queues and
// the new evidence table of each service.

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { z } from "zod";
import type { Outputs } from "../connect/connection.ts";
import { outputNamed, outputRequired } from "../connect/outputs.ts";
import { UsageError } from "../terminal/usage-error.ts";

export interface MovePlan {
  /** The table that all services had. */
  readonly former: string;
  /** Those of the services. */
  readonly tables: readonly string[];
  /** By the name of a function or of a queue: its service's. */
  readonly tableOf: ReadonlyMap<string, string>;
  /** How long an invocation may still be running after its function was stopped. */
  readonly timeoutSeconds: number;
}

type Item = Readonly<Record<string, AttributeValue>>;

const Move = z.object({ names: z.array(z.string()), timeoutSeconds: z.number().nonnegative() });

/** Where evidence is, and where it is missing, changes from minute to minute. @throws UsageError */
export function refuseWhileMoving(outputs: Outputs): void {
  if (outputNamed(outputs, "FormerEvidence") === undefined) return;
  throw new UsageError(
    "Evidence is being moved here: wait until npm run deploy -- --move-evidence has finished.",
  );
}

/** @throws UsageError when a service is not paused */
export function movePlan(outputs: Outputs): MovePlan {
  const former = outputRequired(outputs, "FormerEvidence");
  const services = Object.entries(outputs).flatMap(([stack, values]) => serviceIn(stack, values) ?? []);
  return {
    former,
    tables: services.map(({ table }) => table),
    tableOf: new Map(services.flatMap(({ names, table }) => names.map((name) => [name, table] as const))),
    timeoutSeconds: Math.max(0, ...services.map(({ timeoutSeconds }) => timeoutSeconds)),
  };
}

function serviceIn(stack: string, values: Readonly<Record<string, string>>) {
  const table = outputOf(values, /.EvidenceTable$/);
  if (table === undefined) return undefined;
  const move = outputOf(values, /.EvidenceMove$/);
  if (move === undefined) {
    throw new UsageError(
      `${stack} is not paused (it has no output XEvidenceMove), so its functions may be running.`,
    );
  }
  const { names, timeoutSeconds } = Move.parse(JSON.parse(move));
  const queues = Object.entries(values).flatMap(([key, url]) =>
    key.endsWith("QueueUrl") ? [url.split("/").at(-1) ?? ""] : [],
  );
  return { table, names: [...names, ...queues], timeoutSeconds };
}

function outputOf(values: Readonly<Record<string, string>>, key: RegExp): string | undefined {
  return Object.entries(values).find(([name]) => key.test(name))?.[1];
}

/**
 * By what the item says of itself, whatever else it is: evidence names its consumer, the line of a FIFO group its queue.
 * What names neither (notes of runs, marks of edits) goes to every service: no other finds it by its id, and it expires.
 * @returns the name that no service has, when it has one
 */
export function tablesFor(
  { tableOf, tables }: MovePlan,
  item: Item,
): readonly string[] | { readonly unknown: string } {
  const name = item.consumer?.S ?? item.queue?.S;
  if (name === undefined) return tables;
  const table = tableOf.get(name);
  return table === undefined ? { unknown: name } : [table];
}
