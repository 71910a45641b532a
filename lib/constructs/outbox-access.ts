// What publisher and sweeper share: they append to the journal, sign and send to the queues of the routes, then
// delete the row they have sent.
import { Stack } from "aws-cdk-lib";
import { type Routes, routesJson } from "../routes.ts";
import type { NodeFunction } from "./node-function.ts";
import type { ServiceTable } from "./service-table.ts";
import type { SigningKeys } from "./signing-keys.ts";

export interface OutboxAccess {
  readonly outbox: ServiceTable;
  readonly journal: ServiceTable;
  readonly routes: Routes;
  readonly signingKeys: SigningKeys;
}

export function useOutbox(user: NodeFunction, { outbox, journal, routes, signingKeys }: OutboxAccess): void {
  signingKeys.use(user);
  user.addEnvironment("OUTBOX_TABLE", outbox.tableName);
  user.addEnvironment("ROUTES", routesJson(Stack.of(user), routes));
  user.addEnvironment("JOURNAL_TABLE", journal.tableName);
  outbox.grant(user, "dynamodb:BatchWriteItem");
  journal.grant(user, "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem"); // it only ever grows
  for (const queue of new Set([...routes.values()].flat())) queue.grant(user, "sqs:SendMessage");
}
