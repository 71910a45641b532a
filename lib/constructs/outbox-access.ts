// What publisher and sweeper share: they send to the queues of the routes, then delete the row they have sent.
import { Stack } from "aws-cdk-lib";
import { type Routes, routesJson } from "../routes.ts";
import type { NodeFunction } from "./node-function.ts";
import type { ServiceTable } from "./service-table.ts";

export function useOutbox(
  user: NodeFunction,
  { outbox, routes }: { outbox: ServiceTable; routes: Routes },
): void {
  user.addEnvironment("OUTBOX_TABLE", outbox.tableName);
  user.addEnvironment("ROUTES", routesJson(Stack.of(user), routes));
  outbox.grant(user, "dynamodb:BatchWriteItem");
  for (const queue of new Set([...routes.values()].flat())) queue.grant(user, "sqs:SendMessage");
}
