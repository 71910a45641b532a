// What publisher and sweeper share: they append to the journal, sign and send to the queues of the routes, then
// delete the row they have sent.

import type { Author } from "@essentially-once/messaging/internal/trust/authors";
import { Stack } from "aws-cdk-lib";
import type { NodeFunction } from "./node-function.ts";
import { type Routes, routesJson } from "./routes.ts";
import type { ServiceTable } from "./service-table.ts";
import type { SigningKeys } from "./signing-keys.ts";

export interface OutboxAccess {
  readonly outbox: ServiceTable;
  /** Of older releases: what is in it is sent, too. */
  readonly formerOutbox?: ServiceTable;
  readonly journal: ServiceTable;
  readonly routes: Routes;
  readonly authors: ReadonlyMap<string, Author>;
  readonly signingKeys: SigningKeys;
}

export function useOutbox(user: NodeFunction, access: OutboxAccess): void {
  const { outbox, formerOutbox, journal, routes, authors, signingKeys } = access;
  signingKeys.use(user);
  user.addEnvironment("ORDERED_OUTBOX_TABLE", outbox.tableName);
  if (formerOutbox) user.addEnvironment("OUTBOX_TABLE", formerOutbox.tableName);
  user.addEnvironment("ROUTES", routesJson(Stack.of(user), routes));
  user.addEnvironment("AUTHORS", Stack.of(user).toJsonString(Object.fromEntries(authors)));
  user.addEnvironment("JOURNAL_TABLE", journal.tableName);
  for (const table of formerOutbox ? [outbox, formerOutbox] : [outbox])
    table.grant(user, "dynamodb:BatchWriteItem");
  outbox.grant(user, "dynamodb:Query"); // older rows of a key go first
  journal.grant(user, "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem"); // it only ever grows
  for (const queue of new Set([...routes.values()].flat())) queue.grant(user, "sqs:SendMessage");
}
