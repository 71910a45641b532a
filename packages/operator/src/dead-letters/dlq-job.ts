// The arguments of a verb of `npm run dlq`.

import { claimBucketOf, s3Of } from "../connect/claims.ts";
import type { Connection } from "../connect/connection.ts";
import { type Contracts, loadContracts } from "../connect/contracts.ts";
import { keysOf } from "../connect/signing.ts";
import { type Asked, numberGiven } from "../terminal/command-line.ts";
import type { Given } from "../terminal/flags.ts";
import { print, printError } from "../terminal/print.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import type { DlqVerb } from "./dlq-tool.ts";
import type { Knowledge } from "./judge.ts";
import { visibilitySecondsDefault } from "./receive-all.ts";
import { rateDefault } from "./redrive.ts";
import { restorer } from "./restore.ts";

export interface DlqJob extends Asked<DlqVerb> {
  readonly connection: Connection;
  readonly queues: readonly ConsumerQueue[];
  readonly known: Knowledge;
}

export async function knowledgeOf(connection: Connection): Promise<Knowledge> {
  const contracts = await loadContracts();
  sayBroken(contracts);
  const bucket = claimBucketOf(connection);
  const restore = bucket === undefined ? undefined : restorer({ bucket, client: s3Of(connection) });
  return { keys: keysOf(connection), contracts, claimBucket: bucket, restore };
}

/** Messages a second. */
export function rateOf(given: Given): number {
  return numberGiven(given, "rate", { min: 1, max: 1_000, otherwise: rateDefault });
}

export function visibilitySecondsOf(given: Given): number {
  return numberGiven(given, "visibility-timeout", {
    min: 1,
    max: 43_200,
    otherwise: visibilitySecondsDefault,
  });
}

export function printUnread(unread: readonly string[]): void {
  for (const line of unread) print(`Not read: ${line}.`);
}

function sayBroken({ broken }: Contracts): void {
  for (const one of broken) printError(`Without the schemas of ${one}`);
}
